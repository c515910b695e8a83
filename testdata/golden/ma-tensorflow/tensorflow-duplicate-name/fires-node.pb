

xPlaceholder*
dtype0


xConst