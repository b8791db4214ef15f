/* The base subject: RFC 5256 section 2.1. */
#ifndef BUZON_LIB_MESSAGE_SUBJECT_H
#define BUZON_LIB_MESSAGE_SUBJECT_H

#include "lib/base/base.h"

/*
 * subject_base - what is left of a subject without "Re:", "[Fwd: ]", "(fwd)" and their kin
 *
 *  subject  decoded and mapped (casemap_put), white space as it is; changed in place: runs of white
 *           space become one space
 *  len      octets of it
 *  reply_r  true when something was taken away that says: reply or forward
 *
 * The result is a part of `subject`.
 */
struct span subject_base(char *subject, size_t len, bool *reply_r);

#endif
