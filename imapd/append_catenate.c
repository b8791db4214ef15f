/* CATENATE: RFC 4469. A message is put together from texts of the client and parts of messages here. */
#include "lib/base/base.h"

#include "imapd/append.h"

#include "imapd/message_url.h"
#include "imapd/section.h"
#include "lib/store/name.h"

#define PARTS_MAX 100  /* of one message: each URL opens its mailbox */
#define URL_MAX   4096 /* octets */

/* --- URL --------------------------------------------------------------------------------------- */

/* What the URL names is shown; NULL: there is no such mailbox, or its UIDs are others. */
static struct mailbox *open_mailbox(struct append *append, const struct message_url *url)
{
    struct imapd_session *session = append->session;
    struct span name = span_text(url->mailbox);
    unsigned enabled = session->enabled;
    struct mailbox *mailbox = NULL;
    const char *checked;
    bool valid;

    session->enabled |= ENABLED_UTF8; /* in a URL names are UTF-8 (RFC 5092 section 3) */
    valid = imapd_encode_name(session, &name);
    session->enabled = enabled;
    if (valid &&
        mailbox_name_check(session->arena, name, store_separator(session->store), &checked, NULL))
        mailbox = mailbox_open(session->store, checked, true, &append->err);
    if (mailbox != NULL && url->uidvalidity != 0 && url->uidvalidity != mailbox->uidvalidity)
        mailbox_close(&mailbox);
    return mailbox;
}

static void write_octets(void *context, struct span octets)
{
    append_write(context, octets);
}

static bool copy_from(struct append *append, struct mailbox *mailbox, const struct message_url *url)
{
    size_t index = mailbox_find_uid(mailbox, url->uid);

    if (index == mailbox->count || mailbox->messages[index].uid != url->uid)
        return false;
    return section_copy(mailbox, index, &url->section, write_octets, append, &append->err);
}

static void refuse_url(struct append *append, struct span text)
{
    struct buf reply = BUF(BUF_UNLIMITED);

    if (append->failed)
        return;
    if (append->err.kind == ERROR_TEMPORARY) {
        append_fail(append);
        return;
    }
    buf_put_printf(&reply, "[BADURL \"%.*s\"] There is no such message or part.",
                   SPAN_PRINTF(span_first(text, 500)));
    error_clear(&append->err);
    append_refuse(append, buf_text(&reply));
    buf_release(&reply);
}

static void append_url(struct append *append, struct span text)
{
    struct imapd_session *session = append->session;
    struct mailbox *mailbox = NULL;
    struct message_url url;
    bool done = false;

    if (append->failed)
        return;
    if (message_url_parse(session->arena, text, &url)) {
        if (url.mailbox != NULL)
            mailbox = open_mailbox(append, &url);
        else if (session->mailbox != NULL)
            mailbox = session->mailbox;
        done = mailbox != NULL && copy_from(append, mailbox, &url);
        if (mailbox != session->mailbox)
            mailbox_close(&mailbox);
        strlist_release(&url.section.fields);
    }
    if (!done)
        refuse_url(append, text);
}

static void keep_octets(struct append *append, void *context, struct span octets)
{
    if (!buf_append_span(context, octets))
        append_bad(append);
}

/* astring */
static bool take_url(struct append *append)
{
    struct buf literal = BUF(URL_MAX);
    struct span url;
    bool taken = true;

    if (append->session->has_literal && parse_end(&append->at)) {
        append_take_literal(append, keep_octets, &literal);
        append_url(append, buf_span(&literal));
    } else if (parse_astring(append->session->arena, &append->at, &url) && url.len <= URL_MAX) {
        append_url(append, url);
    } else {
        taken = false;
    }
    buf_release(&literal);
    return taken;
}

/* --- TEXT -------------------------------------------------------------------------------------- */

static void write_text(struct append *append, void *context UNUSED, struct span octets)
{
    if (memchr(octets.data, '\0', octets.len) != NULL)
        append_refuse(append, "[UNKNOWN-CTE] A text holds NULs.");
    append_write(append, octets);
}

static bool take_text(struct append *append)
{
    (void)cursor_take(&append->at, '~');
    if (!append->session->has_literal || !parse_end(&append->at))
        return false;
    append_take_literal(append, write_text, NULL);
    return true;
}

/* --- parts ------------------------------------------------------------------------------------- */

static bool take_part(struct append *append)
{
    if (parse_word(&append->at, "TEXT"))
        return parse_space(&append->at) && take_text(append);
    return parse_word(&append->at, "URL") && parse_space(&append->at) && take_url(append);
}

void append_take_catenate(struct append *append)
{
    const struct imapd_session *session = append->session;
    size_t parts = 0;
    bool taken = cursor_take(&append->at, '(');

    do {
        taken = taken && parts++ < PARTS_MAX && take_part(append);
    } while (taken && !session->ended && !append->failed && parse_space(&append->at));
    if (!session->ended && !append->failed && (!taken || !cursor_take(&append->at, ')')))
        append_bad(append);
}
