/* SORT and UID SORT. */
#include "lib/base/base.h"

#include "imapd/sort.h"

#include "imapd/command.h"
#include "imapd/search_run.h"

struct sort {
    struct search search;
    struct search_return wanted;
    struct sort_program program;
};

static bool find_and_sort(struct imapd_session *session, struct sort *sort, struct found *found,
                          struct error *err)
{
    struct progress progress;

    progress_begin(&progress, session, session->mailbox, 2 * session->mailbox->count);
    return search_run(session, session->mailbox, &sort->search, &progress, found, err) &&
           sort_found(session->mailbox, &sort->program, sort->search.casemap, &progress, found,
                      err);
}

static void sort_mailbox(struct imapd_session *session, struct sort *sort)
{
    const struct search_source source = {
        .mailbox = session->mailbox,
        .is_selected = true,
        .by_uid = session->by_uid,
        .is_sorted = true,
        .with_modseq = sort->search.has_modseq,
    };
    struct found found = {0};
    struct error err = {0};
    bool done;

    if (sort->search.has_modseq && !imapd_need_modseqs(session, "SORT", "MODSEQ"))
        return;
    if (!mailbox_begin_reading(session->mailbox, &err)) {
        imapd_failed(session, &err);
        return;
    }
    done = find_and_sort(session, sort, &found, &err);
    if (!session->ended)
        mailbox_end_reading(session->mailbox);
    if ((sort->wanted.options & RETURN_SAVE) != 0)
        search_save(session, &sort->wanted, done ? &found : &(struct found){0});
    if (done) {
        search_put_response(session, &sort->wanted, &source, &found);
        imapd_ok(session, "Sort completed.");
    } else {
        search_failed(session, &err);
    }
    found_release(&found);
}

void imapd_run_sort(struct imapd_session *session, struct cursor at)
{
    struct sort sort = {0};
    enum search_parsed parsed = SEARCH_MALFORMED;

    if (search_return_parse(&at, &sort.wanted) && (sort.wanted.options & RETURN_UPDATE) == 0 &&
        sort_parse(&at, &sort.program))
        parsed = search_parse_keys(session->arena, &at, &sort.search);
    if (parsed == SEARCH_PARSED)
        sort_mailbox(session, &sort);
    else
        search_refuse(session, parsed);
    search_release(&sort.search);
}
