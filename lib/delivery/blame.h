/*
 * Whether what stands in the way of a delivery stays there. Mail waits for whatever may be otherwise next time; it
 * goes back only where a mailbox, file or list is there and cannot take it or be read: then Postfix says so at once,
 * too. What is missing may lie on a disk that is not mounted.
 */
#ifndef BUZON_LIB_DELIVERY_BLAME_H
#define BUZON_LIB_DELIVERY_BLAME_H

#include "lib/base/base.h"

/* blame_settle - err->kind by err->number: PERMANENT for what is there but closed to us, of the wrong kind, or a
 * name that can be none; TEMPORARY for everything else. An error without a number keeps its kind. */
void blame_settle(struct error *err);

#endif
