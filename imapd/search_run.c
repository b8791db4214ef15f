/* One mailbox is searched, message by message. */
#include "lib/base/base.h"

#include "imapd/search_run.h"

/* The next message from there on that has the flags which each must have. */
static size_t next_candidate(const struct search_match *match, size_t index)
{
    const struct mailbox *mailbox = match->mailbox;
    const uint32_t mask = match->search->mask, flags = match->search->flags;

    while (index < mailbox->count && (mailbox->messages[index].flags & mask) != flags)
        index++;
    return index;
}

/* Trouble with one message does not hide the others; what there was of it is told at the end. */
static bool match_all(struct search_match *match, struct progress *progress, struct found *found,
                      struct error *err)
{
    const size_t before = progress->done;
    struct error trouble = {0};

    for (size_t i = next_candidate(match, 0); i < match->mailbox->count;
         i = next_candidate(match, i + 1)) {
        if (match->search->flags_suffice || search_match(match, i))
            found_add(found, (uint32_t)i);
        else if (match->err.kind == ERROR_TEMPORARY)
            trouble = match->err;
        if (!progress_reach(progress, before + i + 1, err))
            return false;
    }
    progress->done = before + match->mailbox->count;
    if (trouble.kind != ERROR_NONE)
        *err = trouble;
    return trouble.kind == ERROR_NONE;
}

bool search_run(struct imapd_session *session, struct mailbox *mailbox, struct search *search,
                struct progress *progress, struct found *found_r, struct error *err)
{
    struct search_match match;
    bool done;

    search_prepare(session->arena, search, mailbox, &session->saved);
    search_match_begin(&match, mailbox, search);
    done = match_all(&match, progress, found_r, err);
    search_match_end(&match);
    return done;
}

void search_failed(struct imapd_session *session, const struct error *err)
{
    if (session->ended)
        return;
    if (err->kind == ERROR_MALFORMED)
        imapd_bad(session, err->text);
    else if (err->kind == ERROR_PERMANENT && err->number == 0)
        imapd_no(session, "%s", err->text);
    else
        imapd_failed(session, err);
}

void search_refuse(struct imapd_session *session, enum search_parsed parsed)
{
    switch (parsed) {
    case SEARCH_PARSED:
        break;
    case SEARCH_MALFORMED:
        imapd_bad(session, "Error in IMAP command: Invalid search arguments.");
        break;
    case SEARCH_BAD_CHARSET:
        imapd_no(session, "[BADCHARSET (US-ASCII UTF-8)] Unknown charset.");
        break;
    case SEARCH_OTHER_CHARSET: /* NO, not BAD: Jakarta Mail looks for it by itself then */
        imapd_no(session, "[BADCHARSET (US-ASCII UTF-8)] Text of another charset.");
        break;
    case SEARCH_TOO_MUCH:
        imapd_no(session, "[LIMIT] Too many search keys, or nested too deeply.");
        break;
    }
}
