Ÿ
"serve*2.21.0_

pathPlaceholder

tableHashTableV2
2
fillInitializeTableFromTextFileV2tablepath2+

path:0../../../../home/user/notes.txt