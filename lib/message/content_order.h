/* What a table of header_checks or body_checks says: an action and its text. Source: header_checks(5). */
#ifndef BUZON_LIB_MESSAGE_CONTENT_ORDER_H
#define BUZON_LIB_MESSAGE_CONTENT_ORDER_H

#include "lib/base/base.h"

/* content_order_split - the action in front of the text, which is a part of `value` and may be "" */
struct span content_order_split(const char *value, const char **text_r);

/*
 * content_order_fits - may the text of PREPEND or REPLACE stand where it is to stand? Else a warning has said why
 * not.
 *
 *  in_header  it must be a field
 *  table      the parameter that names the table
 */
bool content_order_fits(const char *action, const char *text, bool in_header,
                        const char *table) MUST_CHECK;

#endif
