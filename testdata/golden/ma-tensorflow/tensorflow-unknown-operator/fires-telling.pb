

yShellExecute