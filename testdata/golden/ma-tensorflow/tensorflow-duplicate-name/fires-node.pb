

xPlaceholder


xConst