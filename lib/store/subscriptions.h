/*
 * The file `subscriptions`: Dovecot's version 2 ("V TAB 2", an empty line, then a name a line with TAB
 * between its components and \001 escapes); the older form, a plain name a line, is read too.
 */
#ifndef BUZON_LIB_STORE_SUBSCRIPTIONS_H
#define BUZON_LIB_STORE_SUBSCRIPTIONS_H

#include "lib/base/strlist.h"

/* subscriptions_parse - add the names that mailboxes of ours can have, each once, to an empty list */
void subscriptions_parse(struct span text, char separator, struct strlist *names);
/* subscriptions_read - no file is no subscriptions */
bool subscriptions_read(int directory, char separator, struct strlist *names,
                        struct error *err) MUST_CHECK;
/* subscriptions_change - add or remove one; nothing happens when it is so already */
bool subscriptions_change(int directory, char separator, const char *name, bool subscribed,
                          struct error *err) MUST_CHECK;

#endif
