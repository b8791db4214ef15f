/* What IMAP commands are made of: sets, FETCH items, SEARCH keys, flags, dates, LIST, METADATA. */
#include "imapd/date_time.h"
#include "imapd/fetch.h"
#include "imapd/list.h"
#include "imapd/message_url.h"
#include "imapd/metadata.h"
#include "imapd/multisearch.h"
#include "imapd/notify.h"
#include "imapd/search.h"
#include "imapd/search_return.h"
#include "imapd/select.h"
#include "imapd/sort.h"
#include "imapd/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_of_mailboxes(struct arena *arena, struct cursor at)
{
    struct list_request request;
    struct metadata_options options;
    struct metadata_entries entries;
    struct notify_request notify;
    struct message_url url;
    const char *fault;
    unsigned items;

    (void)list_parse(arena, at, &request, &fault);
    (void)!status_items_parse(&(struct cursor){at.next, at.end}, &items);
    (void)!metadata_options_parse(&(struct cursor){at.next, at.end}, &options);
    (void)metadata_get_parse(arena, at, &entries);
    (void)metadata_set_parse(arena, at, &entries);
    (void)!notify_parse(arena, &(struct cursor){at.next, at.end}, &notify);
    if (message_url_parse(arena, span_of(at.next, cursor_left(at)), &url))
        strlist_release(&url.section.fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct cursor at = cursor_of(span_of(data, size));
    static const struct mailbox empty = {0};
    struct selection selection;
    struct fetch fetch;
    struct search search;
    struct search_return wanted;
    struct search_places places;
    struct select_parameters parameters;
    struct sort_program sort;
    struct set set;
    struct flag_list flags = {0};
    struct literal literal;
    struct span before;
    uint64_t when;

    if (set_parse(arena, &(struct cursor){at.next, at.end}, &set))
        (void)!set_resolve(arena, &set, &empty, true, NULL, &selection);
    (void)!fetch_parse(arena, &(struct cursor){at.next, at.end}, &fetch);
    fetch_release(&fetch);
    (void)search_parse(arena, &(struct cursor){at.next, at.end}, &search);
    search_release(&search);
    (void)search_parse_keys(arena, &(struct cursor){at.next, at.end}, &search);
    search_release(&search);
    (void)!search_places_parse(arena, &(struct cursor){at.next, at.end}, &places);
    (void)!select_parameters_parse(arena, &(struct cursor){at.next, at.end}, &parameters);
    (void)!sort_parse(&(struct cursor){at.next, at.end}, &sort);
    (void)!search_return_parse(&(struct cursor){at.next, at.end}, &wanted);
    (void)!parse_flag_list(&(struct cursor){at.next, at.end}, &flags);
    flag_list_release(&flags);
    (void)!date_time_parse(&(struct cursor){at.next, at.end}, &when);
    (void)!parse_literal_at_end(span_of(data, size), &before, &literal);
    parse_of_mailboxes(arena, at);
    arena_free(&arena);
    return 0;
}
