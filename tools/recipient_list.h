/* Recipients as people write them: on a command line, in header fields. */
#ifndef BUZON_TOOLS_RECIPIENT_LIST_H
#define BUZON_TOOLS_RECIPIENT_LIST_H

#include "lib/base/strlist.h"

/* recipient_list_add - the addresses of a list in external form, in internal form; a comma between two of
 * them may be missing, and words without an address are recipients too, as with Postfix */
void recipient_list_add(struct strlist *recipients, struct arena *arena, struct span list);

#endif
