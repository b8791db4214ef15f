/* Telling users of new mail (biff in main.cf). */
#ifndef BUZON_LOCAL_BIFF_H
#define BUZON_LOCAL_BIFF_H

#include "lib/base/base.h"

/* biff_notify - a message was appended to the user's mbox, where it begins at `offset` */
void biff_notify(const char *user, int64_t offset);

#endif
