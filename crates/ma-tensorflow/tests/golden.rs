//! Every rule has a file that fires it and a twin that does not.
