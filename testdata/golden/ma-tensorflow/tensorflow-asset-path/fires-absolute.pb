ó
"serve*2.21.0Æ
 
pathPlaceholder*
dtype0
8
tableHashTableV2*
	key_dtype0*
value_dtype0	
h
fillInitializeTableFromTextFileV2tablepath*
	key_indexþÿÿÿÿÿÿÿÿ*
value_indexÿÿÿÿÿÿÿÿÿ2

path:0/etc/passwd