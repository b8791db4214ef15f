/* Control files of a Maildir: dovecot-uidlist, dovecot-keywords, subscriptions. */
#include "lib/store/keywords.h"
#include "lib/store/subscriptions.h"
#include "lib/store/uidlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct uidlist list = {0};
    struct keywords keywords = {0};
    struct strlist names = STRLIST_EMPTY;

    if (uidlist_parse(&list, span_of(data, size)) && list.count > 0)
        ASSERT(list.entries[list.count - 1].uid < list.uidnext);
    keywords_parse(&keywords, span_of(data, size));
    subscriptions_parse(span_of(data, size), '.', &names);
    uidlist_release(&list);
    keywords_release(&keywords);
    strlist_release(&names);
    return 0;
}
