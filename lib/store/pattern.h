/*
 * Patterns of LIST and LSUB: '*' stands for any octets, '%' for any but the separator (RFC 3501 section
 * 6.3.8). A pattern is compiled once and then held against many names; that costs a step for each octet
 * of a name, whatever the pattern is.
 */
#ifndef BUZON_LIB_STORE_PATTERN_H
#define BUZON_LIB_STORE_PATTERN_H

#include "lib/base/base.h"

struct mailbox_pattern;

/* mailbox_pattern_compile - the arena's; any octets are a pattern */
struct mailbox_pattern *mailbox_pattern_compile(struct arena *arena, struct span text,
                                                char separator) __attribute__((returns_nonnull));

/* mailbox_pattern_match - does it stand for the whole name? INBOX matches without case. */
bool mailbox_pattern_match(const struct mailbox_pattern *pattern, const char *name);

#endif
