/* The Received: header line of a message: RFC 5321 section 4.4, in Postfix's form. */
#include "lib/base/clock.h"
#include "lib/message/address.h"
#include "lib/message/date.h"
#include "smtpd/submit.h"

/* "(using TLSv1.3 with cipher X (256/256 bits)" and, folded, " key-exchange ...)" */
static void put_tls(struct smtpd_session *session, struct buf *out)
{
    const char *description;
    const char *exchange;

    if (session->tls == NULL || !session->config->smtpd_tls_received_header)
        return;
    description = tls_describe(session->command_arena, session->tls, true);
    exchange = strstr(description, " key-exchange");
    if (exchange == NULL)
        exchange = description + strlen(description);
    buf_put_printf(out, "\t(using %.*s", (int)(exchange - description), description);
    buf_put_printf(out, "%s%s)\n\t(No client certificate requested)\n",
                   exchange[0] == '\0' ? "" : "\n\t", exchange);
}

/* "[192.0.2.7]", "[IPv6:2001:db8::7]" */
static void put_address(const struct smtpd_peer *peer, struct buf *out)
{
    bool is_ipv6 = strchr(peer->text, ':') != NULL;

    buf_put_printf(out, "[%s%s]", is_ipv6 ? "IPv6:" : "", peer->text);
}

void smtpd_received(struct smtpd_session *session, struct buf *out)
{
    const struct smtpd_envelope *envelope = &session->envelope;
    const char *helo = session->hello_name != NULL ? session->hello_name : session->peer.name;
    char date[DATE_TEXT_MAX];

    buf_put_printf(out, "Received: from %s (%s ", helo, session->peer.name);
    put_address(&session->peer, out);
    buf_put_text(out, ")\n");
    put_tls(session, out);
    buf_put_printf(out, "\tby %s (%s) with %s%s id %s", session->config->myhostname,
                   session->config->mail_name, smtpd_protocol(session),
                   session->tls != NULL && session->is_esmtp ? "S" : "", session->queue_id);
    (void)date_format(clock_wall().tv_sec, date);
    if (envelope->recipient_count == 1)
        buf_put_printf(out, "\n\tfor <%s>; %s\n",
                       address_quote(session->command_arena, envelope->recipients[0].original),
                       date);
    else
        buf_put_printf(out, ";\n\t%s\n", date);
}
