/* Names of mailboxes as clients see them, and as they are on disk (layout.c). */
#ifndef BUZON_LIB_STORE_LAYOUT_H
#define BUZON_LIB_STORE_LAYOUT_H

#include "lib/store/driver.h"

/* layout_separator - that clients see: the one that is set, else that of the layout */
char layout_separator(const struct store_settings *settings);
/* layout_path - the owned path of a mailbox, which need not exist; NULL: no mailbox can have that name.
 * Names were checked, so that none leads out of the account. */
char *layout_path(const struct store *store, const char *name);
/* layout_name - what clients call a mailbox that is "Sent.2024" or "Sent/2024" on disk; the arena's. NULL:
 * its name has the separator in it. */
const char *layout_name(const struct store *store, const char *on_disk, struct arena *arena);
/* layout_without_prefix - within the name; NULL when it has not the prefix. INBOX has none. */
const char *layout_without_prefix(const struct store *store, const char *name);
/* layout_is_reserved - of a tree: that directory is no mailbox */
bool layout_is_reserved(const char *component);

#endif
