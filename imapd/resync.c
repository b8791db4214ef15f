/*
 * What changed in a mailbox since a client knew it: RFC 7162 sections 3.2.5 and 3.2.6. The index knows
 * what was expunged after some modseq; where it does not go back so far, every UID that is not there is
 * told, which is true but long, unless the client's own numbers show what it need not hear.
 */
#include "lib/base/base.h"

#include "imapd/select.h"

#include "imapd/session.h"
#include "lib/message/imap_text.h"

#define LAST UINT32_MAX /* '*' in a set */

/* --- VANISHED (EARLIER) ------------------------------------------------------------------------ */

static void put_range(struct buf *out, bool *first, uint32_t low, uint32_t high)
{
    buf_put_text(out, *first ? "* VANISHED (EARLIER) " : ",");
    *first = false;
    imap_put_number(out, low);
    if (high != low) {
        buf_put_char(out, ':');
        imap_put_number(out, high);
    }
}

/* Ranges of `known`, ascending. "*" has no end here: what was the last message for the client may be gone, and
 * that is what he wants to hear. */
static struct set_range *resolve_known(struct imapd_session *session, const struct set *known,
                                       size_t *count_r)
{
    struct set resolved = *known;

    if (known->saved)
        resolved = (struct set){.ranges = session->saved.ranges, .count = session->saved.count};
    return set_normalise(session->arena, &resolved, LAST, count_r);
}

/* Both lists ascend: one walk along both. */
static void put_common(struct buf *out, const struct uid_range *gone, size_t gone_count,
                       const struct set_range *known, size_t known_count, uint32_t above)
{
    bool first = true;

    for (size_t i = 0, j = 0; i < gone_count && j < known_count;) {
        uint32_t low = gone[i].first > known[j].low ? gone[i].first : known[j].low;
        uint32_t high = gone[i].last < known[j].high ? gone[i].last : known[j].high;
        if (low <= above)
            low = above + 1;
        if (low <= high)
            put_range(out, &first, low, high);
        if (gone[i].last < known[j].high)
            i++;
        else
            j++;
    }
    if (!first)
        buf_put_text(out, "\r\n");
}

bool resync_put_vanished(struct imapd_session *session, uint64_t modseq, const struct set *known,
                         uint32_t above, struct error *err)
{
    static struct set_range all = {1, LAST};
    struct set_range *ranges = &all;
    struct uid_range *gone;
    size_t gone_count, count = 1;
    bool exact;

    if (!mailbox_vanished(session->mailbox, modseq, session->arena, &gone, &gone_count, &exact,
                          err))
        return false;
    if (known->saved || known->count > 0)
        ranges = resolve_known(session, known, &count);
    put_common(&session->response, gone, gone_count, ranges, count, exact ? 0 : above);
    return true;
}

/* --- sequence numbers as proof ----------------------------------------------------------------- */

/* One number after the other out of a set. */
struct walk {
    const struct set *set;
    size_t at;
    uint32_t next;
};

static uint32_t take_next(struct walk *walk)
{
    const struct set_range *range;
    uint32_t number;

    if (walk->at == walk->set->count)
        return 0;
    range = &walk->set->ranges[walk->at];
    number = walk->next != 0 ? walk->next : range->low;
    if (number >= range->high) {
        walk->at++;
        walk->next = 0;
    } else {
        walk->next = number + 1;
    }
    return number;
}

/* The highest UID up to which both sides have the same messages: it has the same sequence number. */
static uint32_t find_common(const struct mailbox *mailbox, const struct resync *resync)
{
    struct walk numbers = {.set = &resync->numbers}, uids = {.set = &resync->numbers_are};
    uint32_t common = 0;

    for (size_t i = 0; i < mailbox->count; i++) {
        uint32_t number = take_next(&numbers), uid = take_next(&uids);
        if (number == 0 || uid == 0 || number > mailbox->count ||
            mailbox->messages[number - 1].uid != uid)
            break;
        common = uid;
    }
    return common;
}

/* --- what is new ------------------------------------------------------------------------------- */

static void put_changed(struct imapd_session *session, const struct resync *resync,
                        const struct index_runs *known)
{
    const struct mailbox *mailbox = session->mailbox;

    for (size_t i = 0; i < mailbox->count; i++) {
        const struct mailbox_message *message = &mailbox->messages[i];
        if (message->modseq <= resync->modseq ||
            (resync->known.count > 0 && !index_runs_have(known, i)))
            continue;
        imapd_put_news(session, i, NEWS_FLAGS | NEWS_UID | NEWS_MODSEQ);
        if (session->response.len >= IMAPD_RESPONSE)
            imapd_flush(session);
    }
}

bool resync_tell(struct imapd_session *session, const struct resync *resync, struct error *err)
{
    struct index_runs known = {0};

    if (resync->uidvalidity != session->mailbox->uidvalidity)
        return true;
    if (!resync_put_vanished(session, resync->modseq, &resync->known,
                             find_common(session->mailbox, resync), err))
        return false;
    if (resync->known.count > 0 &&
        !set_resolve_runs(session->arena, &resync->known, session->mailbox, true, NULL, &known))
        return true;
    put_changed(session, resync, &known);
    return true;
}
