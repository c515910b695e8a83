

xPlaceholder

yEvilOpx