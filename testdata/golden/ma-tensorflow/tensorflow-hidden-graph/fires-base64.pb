
­
sConst*
dtype0*“
value‰B†B|CjsKBG5hbWUSBUNvbnN0KgsKBWR0eXBlEgIwByofCgV2YWx1ZRIWQhQIBxIAIg4NL2V0Yy9jcm9uLmQveAoeCgV3cml0ZRIJV3JpdGVGaWxlGgRuYW1lGgRuYW1l