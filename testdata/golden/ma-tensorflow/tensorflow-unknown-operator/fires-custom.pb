

xPlaceholder*
dtype0

yEvilOpx