/*
 * Mailbox names as clients write and read them: modified UTF-7 (RFC 3501 section 5.1.3), or UTF-8 once a
 * client has enabled UTF8=ACCEPT (RFC 6855 section 3) or IMAP4rev2 (RFC 9051 section 5.1). Inside they
 * are modified UTF-7 in any case.
 */
#include "lib/base/base.h"

#include "imapd/session.h"

#include "lib/message/imap_text.h"
#include "lib/store/mutf7.h"
#include "lib/store/name.h"

/* Are names UTF-8 in this session, not modified UTF-7? */
static bool uses_utf8(const struct imapd_session *session)
{
    return (session->enabled & (ENABLED_UTF8 | ENABLED_REV2)) != 0;
}

bool imapd_encode_name(struct imapd_session *session, struct span *name)
{
    struct buf encoded = BUF(MAILBOX_NAME_MAX + 1);
    bool done = !uses_utf8(session) || mutf7_encode(*name, &encoded);

    if (done && uses_utf8(session))
        *name = span_of(arena_text(session->arena, buf_span(&encoded)), encoded.len);
    buf_release(&encoded);
    return done;
}

const char *imapd_shown_name(struct imapd_session *session, const char *name)
{
    struct buf shown = BUF(4 * MAILBOX_NAME_MAX);

    if (uses_utf8(session) && mutf7_decode(span_text(name), &shown))
        name = arena_text(session->arena, buf_span(&shown));
    buf_release(&shown);
    return name;
}

/* Quoted, whatever its octets are: a name has no control characters. */
static void put_quoted(struct buf *out, const char *text)
{
    buf_put_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_put_char(out, '\\');
        buf_put_char(out, *text);
    }
    buf_put_char(out, '"');
}

void imapd_put_mailbox(struct imapd_session *session, const char *name)
{
    if (uses_utf8(session))
        put_quoted(&session->response, imapd_shown_name(session, name));
    else
        imap_put_string(&session->response, span_text(name));
}

void imapd_put_list(struct imapd_session *session, const char *attributes, const char *name,
                    const char *old_name)
{
    buf_put_printf(&session->response, "* LIST (%s) \"%c\" ", attributes,
                   store_separator(session->store));
    imapd_put_mailbox(session, name);
    if (old_name != NULL) {
        buf_put_text(&session->response, " (\"OLDNAME\" (");
        imapd_put_mailbox(session, old_name);
        buf_put_text(&session->response, "))");
    }
    buf_put_text(&session->response, "\r\n");
}
