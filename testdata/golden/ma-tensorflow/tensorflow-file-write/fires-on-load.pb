¾™
:
nameConst*
dtype0*
valueBB	notes.txt
;
textConst*
dtype0*
valueBB
echo pwned

write	WriteFilenametext" 
saved_model_main_op	

write