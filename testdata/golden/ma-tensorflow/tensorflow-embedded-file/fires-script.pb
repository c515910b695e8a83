
C
sConst*
dtype0**
value!BB#!/bin/sh
echo pwned
