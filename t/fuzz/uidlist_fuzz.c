/* Control files of mailboxes: dovecot-uidlist, dovecot-keywords, subscriptions, buzon.mbox,
 * buzon-annotations, those of Courier; and mboxes. */
#include "lib/store/annotations.h"
#include "lib/store/courier.h"
#include "lib/store/keywords.h"
#include "lib/store/mbox.h"
#include "lib/store/subscriptions.h"
#include "lib/store/uidlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct uidlist list = {0};
    struct keywords keywords = {0};
    struct strlist names = STRLIST_EMPTY;
    struct annotations annotations;
    struct mbox_list known = {0};
    struct mbox_message *messages = NULL;
    struct arena *arena = arena_create();
    struct hash *uidls = hash_create(), *files = hash_create();
    size_t count;

    if (uidlist_parse(&list, span_of(data, size)) && list.count > 0)
        ASSERT(list.entries[list.count - 1].uid < list.uidnext);
    keywords_parse(&keywords, span_of(data, size));
    subscriptions_parse(span_of(data, size), '.', &names);
    courier_parse_uidls(span_of(data, size), arena, uidls);
    courier_parse_keywords(span_of(data, size), files);
    courier_parse_subscriptions(span_of(data, size), &names);
    if (annotations_parse(arena, span_of(data, size), &annotations)) {
        for (size_t i = 0; i < annotations.count; i++)
            ASSERT(annotations_find(&annotations, annotations.items[i].entry) != NULL);
    }
    if (mbox_list_parse(&known, span_of(data, size)))
        ASSERT(known.uidnext > 0);
    if (mbox_parse(span_of(data, size), &messages, &count) && count > 0)
        ASSERT(messages[count - 1].offset + messages[count - 1].size <= size);
    hash_free(&uidls, NULL);
    hash_free(&files, courier_free_keywords);
    arena_free(&arena);
    mem_free(messages);
    mbox_list_release(&known);
    uidlist_release(&list);
    keywords_release(&keywords);
    strlist_release(&names);
    return 0;
}
