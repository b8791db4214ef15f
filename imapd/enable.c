/* ENABLE: RFC 5161. */
#include "lib/base/base.h"

#include "imapd/command.h"

/* name, bits of session.enabled */
static const struct {
    const char *name;
    unsigned enables;
} extensions[] = {
    {"CONDSTORE",   ENABLED_CONDSTORE                  },
    {"QRESYNC",     ENABLED_QRESYNC | ENABLED_CONDSTORE},
    {"IMAP4rev2",   ENABLED_REV2                       },
    {"UTF8=ACCEPT", ENABLED_UTF8                       },
};

/* RFC 7162 section 3.1: from now on the client counts modseqs, also of what it has selected. */
void imapd_enable(struct imapd_session *session, unsigned bits)
{
    bool counts = (session->enabled & ENABLED_CONDSTORE) != 0;

    session->enabled |= bits;
    if (!counts && (bits & ENABLED_CONDSTORE) != 0 && session->mailbox != NULL)
        imapd_put_highest_modseq(session);
}

bool imapd_need_modseqs(struct imapd_session *session, const char *command, const char *what)
{
    if (session->mailbox != NULL && session->mailbox->no_modseqs) {
        imapd_bad(session, arena_printf(session->arena,
                                        "Error in IMAP command %s%s: %s %s can't be used with "
                                        "non-permanent modseqs",
                                        session->by_uid ? "UID " : "", command, command, what));
        return false;
    }
    imapd_enable(session, ENABLED_CONDSTORE);
    return true;
}

bool imapd_tells_modseqs(const struct imapd_session *session)
{
    return (session->enabled & ENABLED_CONDSTORE) != 0 && !session->mailbox->no_modseqs;
}

void imapd_put_highest_modseq(struct imapd_session *session)
{
    session->told_no_modseqs = session->mailbox->no_modseqs;
    if (session->told_no_modseqs)
        buf_put_text(&session->response, "* OK [NOMODSEQ] No permanent modsequences\r\n");
    else
        buf_put_printf(&session->response, "* OK [HIGHESTMODSEQ %" PRIu64 "] Highest\r\n",
                       session->mailbox->modseq);
}

/* What is unknown is passed over; the answer has what was not enabled before. */
void imapd_run_enable(struct imapd_session *session, struct cursor at)
{
    struct buf enabled = BUF(1000);
    unsigned wanted = session->enabled;
    struct span word;

    do {
        if (!parse_space(&at) || !parse_atom(&at, &word)) {
            imapd_bad(session, "Error in IMAP command: Invalid arguments.");
            buf_release(&enabled);
            return;
        }
        for (size_t i = 0; i < ARRAY_LENGTH(extensions); i++) {
            if (!span_equal_text_nocase(word, extensions[i].name) ||
                (wanted & extensions[i].enables) == extensions[i].enables)
                continue;
            wanted |= extensions[i].enables;
            buf_put_printf(&enabled, " %s", extensions[i].name);
        }
    } while (!parse_end(&at));
    buf_put_printf(&session->response, "* ENABLED%s\r\n", buf_text(&enabled));
    buf_release(&enabled);
    imapd_enable(session, wanted);
    imapd_ok(session, "Enabled.");
}
