/*
 * %-variables in settings, as Dovecot writes them: "%u", "%Ld", "%08Xv", "%-20u", "%{user}", and the form of
 * its version 2.4, "%{user | username | lower}". Source: Dovecot's documentation of config variables.
 */
#ifndef BUZON_LIB_BASE_VARIABLES_H
#define BUZON_LIB_BASE_VARIABLES_H

#include "lib/base/buf.h"

/* variables_get - append the value of a variable ("u", or "user" of "%{user}"); false: there is no such one,
 * or no room */
typedef bool variables_get(void *context, struct span name, struct buf *value);

/*
 * variables_expand - append `format` with its variables replaced; "%%" is a percent sign
 *
 *   % [-] [0] [offset .] [width] {modifier} letter
 *       -width, offset.: cut out; 0 width: zeros before it; modifiers L lower, U upper, X hexadecimal, R
 *       reversed, T without white space around, D "." replaced by ",dc="
 *   %{name [| filter]...}    filters lower, upper, username, domain, hex(width)
 *
 *  err  PERMANENT: the format is wrong or a variable unknown; TEMPORARY: `out` is full
 */
bool variables_expand(const char *format, variables_get *get, void *context, struct buf *out,
                      struct error *err) MUST_CHECK;

#endif
