/* SEARCH and UID SEARCH: RFC 3501 section 6.4.4, with RETURN (RFC 4731). */
#include "lib/base/base.h"

#include "imapd/search_run.h"

#include "imapd/command.h"
#include "imapd/search_context.h"

/* What remains of a search when it is answered. */
static void keep_result(struct imapd_session *session, const struct search_return *wanted,
                        struct span program, const struct found *found, bool done)
{
    if ((wanted->options & RETURN_SAVE) != 0)
        search_save(session, wanted, done ? found : &(struct found){0});
    if (done && (wanted->options & RETURN_UPDATE) != 0)
        search_contexts_add(session, program, found);
}

static void search_mailbox(struct imapd_session *session, struct search *search,
                           const struct search_return *wanted, struct span program)
{
    const struct search_source source = {
        .mailbox = session->mailbox,
        .is_selected = true,
        .by_uid = session->by_uid,
        .with_modseq = search->has_modseq,
    };
    struct progress progress;
    struct found found = {0};
    struct error err = {0};
    bool done;

    if (search->has_modseq && !imapd_need_modseqs(session, "SEARCH", "MODSEQ"))
        return;
    progress_begin(&progress, session, session->mailbox, session->mailbox->count);
    if (!mailbox_begin_reading(session->mailbox, &err)) {
        imapd_failed(session, &err);
        return;
    }
    done = search_run(session, session->mailbox, search, &progress, &found, &err);
    if (!session->ended)
        mailbox_end_reading(session->mailbox);
    if (done || err.kind == ERROR_TEMPORARY)
        search_put_response(session, wanted, &source, &found);
    if (!session->ended)
        keep_result(session, wanted, program, &found, done);
    if (done)
        imapd_ok(session, "Search completed.");
    else
        search_failed(session, &err);
    found_release(&found);
}

void imapd_run_search(struct imapd_session *session, struct cursor at)
{
    struct search_return wanted;
    struct search search;
    struct span program;
    enum search_parsed parsed;

    if (!search_return_parse(&at, &wanted) ||
        ((wanted.options & RETURN_UPDATE) != 0 && search_contexts_has(session, session->tag))) {
        search_refuse(session, SEARCH_MALFORMED);
        return;
    }
    wanted.given |= (session->enabled & ENABLED_REV2) != 0; /* RFC 9051 section 6.4.4 */
    program = span_of(at.next, cursor_left(at));
    parsed = search_parse(session->arena, &at, &search);
    if (search.has_charset && (session->enabled & ENABLED_UTF8) != 0)
        parsed =
            SEARCH_MALFORMED; /* RFC 6855 section 3: it is UTF-8, and nothing else may be said */
    if (parsed == SEARCH_PARSED) {
        search_mailbox(session, &search, &wanted, program);
    } else {
        if (parsed != SEARCH_MALFORMED && (wanted.options & RETURN_SAVE) != 0)
            saved_set_clear(&session->saved); /* RFC 5182 section 2.1: after NO, not after BAD */
        search_refuse(session, parsed);
    }
    search_release(&search);
}
