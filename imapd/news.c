/* What the client is told without having asked: RFC 3501 section 5.2. */
#include "lib/base/base.h"

#include "imapd/session.h"

#include "lib/base/log.h"
#include "lib/message/imap_text.h"

static const struct {
    const char *name;
    uint32_t flag;
} flag_names[] = {
    {"\\Answered", FLAG_ANSWERED},
    {"\\Flagged",  FLAG_FLAGGED },
    {"\\Deleted",  FLAG_DELETED },
    {"\\Seen",     FLAG_SEEN    },
    {"\\Draft",    FLAG_DRAFT   },
    {"\\Recent",   FLAG_RECENT  },
};

static void put_word(struct buf *out, bool *first, const char *word)
{
    if (!*first)
        buf_put_char(out, ' ');
    buf_put_text(out, word);
    *first = false;
}

static void put_keywords(const struct imapd_session *session, struct buf *out, bool *first,
                         uint32_t keywords)
{
    for (int i = 0; keywords != 0; i++, keywords >>= 1) {
        if ((keywords & 1) != 0 && session->mailbox->keywords.names[i] != NULL)
            put_word(out, first, session->mailbox->keywords.names[i]);
    }
}

void imapd_put_flags(const struct imapd_session *session, struct buf *out,
                     const struct mailbox_message *message)
{
    bool first = true;

    buf_put_char(out, '(');
    for (size_t i = 0; i < ARRAY_LENGTH(flag_names); i++) {
        if ((message->flags & flag_names[i].flag) != 0)
            put_word(out, &first, flag_names[i].name);
    }
    put_keywords(session, out, &first, message->keywords);
    buf_put_char(out, ')');
}

static uint32_t known_keywords(const struct mailbox *mailbox)
{
    uint32_t known = 0;

    for (int i = 0; i < KEYWORDS_MAX; i++)
        known |= mailbox->keywords.names[i] != NULL ? 1U << i : 0;
    return known;
}

static void put_all_flags(struct imapd_session *session, uint32_t keywords)
{
    bool first = true;

    for (size_t i = 0; i + 1 < ARRAY_LENGTH(flag_names); i++)
        put_word(&session->response, &first, flag_names[i].name);
    put_keywords(session, &session->response, &first, keywords);
}

void imapd_put_known_flags(struct imapd_session *session)
{
    uint32_t keywords = known_keywords(session->mailbox);

    buf_put_text(&session->response, "* FLAGS (");
    put_all_flags(session, keywords);
    buf_put_text(&session->response, ")\r\n* OK [PERMANENTFLAGS (");
    if (session->mailbox->read_only) {
        buf_put_text(&session->response, ")] Read-only mailbox.\r\n");
    } else {
        put_all_flags(session, keywords);
        buf_put_printf(&session->response, "%s)] Flags permitted.\r\n",
                       keywords == (1U << KEYWORDS_MAX) - 1 ? "" : " \\*");
    }
    session->told_keywords = keywords;
}

void imapd_tell_gone(struct imapd_session *session)
{
    struct mailbox *mailbox = session->mailbox;
    size_t told = 0;

    if (mailbox == NULL || mailbox->gone == 0)
        return;
    for (size_t i = 0; i < session->told_count; i++) {
        if ((mailbox->messages[i].flags & FLAG_GONE) == 0)
            continue;
        buf_put_text(&session->response, "* ");
        imap_put_number(&session->response, i + 1 - told);
        buf_put_text(&session->response, " EXPUNGE\r\n");
        told++;
    }
    session->told_count -= told;
    mailbox_forget_gone(mailbox);
}

static void tell_count(struct imapd_session *session)
{
    const struct mailbox *mailbox = session->mailbox;
    size_t recent = 0;

    if (mailbox->count == session->told_count)
        return;
    for (size_t i = 0; i < mailbox->count; i++)
        recent += (mailbox->messages[i].flags & FLAG_RECENT) != 0;
    buf_put_printf(&session->response, "* %zu EXISTS\r\n* %zu RECENT\r\n", mailbox->count, recent);
    session->told_count = mailbox->count;
}

static void tell_flags(struct imapd_session *session)
{
    struct mailbox *mailbox = session->mailbox;

    if (!mailbox->changed)
        return;
    mailbox->changed = false;
    for (size_t i = 0; i < mailbox->count; i++) {
        struct mailbox_message *message = &mailbox->messages[i];
        if ((message->flags & FLAG_CHANGED) == 0)
            continue;
        message->flags &= ~(uint32_t)FLAG_CHANGED;
        if ((message->flags & FLAG_GONE) != 0)
            continue;
        buf_put_text(&session->response, "* ");
        imap_put_number(&session->response, i + 1);
        buf_put_text(&session->response, session->by_uid ? " FETCH (UID " : " FETCH (");
        if (session->by_uid)
            imap_put_number(&session->response, message->uid);
        buf_put_text(&session->response, session->by_uid ? " FLAGS " : "FLAGS ");
        imapd_put_flags(session, &session->response, message);
        buf_put_text(&session->response, ")\r\n");
        if (session->response.len >= IMAPD_RESPONSE)
            imapd_flush(session);
    }
}

static void sync_failed(struct imapd_session *session, const struct error *err)
{
    if (err->number == ENOENT || err->number == ESTALE) {
        mailbox_close(&session->mailbox);
        session->state = STATE_AUTHENTICATED;
        imapd_bye(session, err->number == ENOENT ? "Mailbox was deleted under us."
                                                 : "UIDVALIDITY of the mailbox changed.");
        return;
    }
    log_error("imap(%s)<%s>: %s", session->user, session->id, err->text);
}

void imapd_tell_news(struct imapd_session *session)
{
    struct error err = {0};

    if (session->mailbox == NULL || session->ended)
        return;
    if (!mailbox_sync(session->mailbox, &err)) {
        sync_failed(session, &err);
        if (session->mailbox == NULL)
            return;
    }
    if (!session->no_expunges)
        imapd_tell_gone(session);
    if (known_keywords(session->mailbox) != session->told_keywords)
        imapd_put_known_flags(session);
    tell_count(session);
    tell_flags(session);
}
