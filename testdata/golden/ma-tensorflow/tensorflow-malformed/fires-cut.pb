

xPlaceholder

yIdentityx

z