/* The log lines of login, in Dovecot's form (login_log_format_elements as Dovecot has it by default). */
#include "lib/base/base.h"

#include "login/client.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

/* "user=<ana>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2, mpid=12, TLS, session=<x>" */
static void add_elements(struct buf *line, const struct client *client, uint64_t pid)
{
    buf_put_printf(line, "user=<%s>, ", client->user == NULL ? "" : client->user);
    if (client->mechanism != NULL)
        buf_put_printf(line, "method=%s, ", client->mechanism);
    buf_put_printf(line, "rip=%s, lip=%s, ", client->remote, client->local);
    if (pid != 0)
        buf_put_printf(line, "mpid=%" PRIu64 ", ", pid);
    if (client->tls != NULL)
        buf_put_text(line, client->state == CLIENT_HANDSHAKE ? "TLS handshaking, " : "TLS, ");
    else if (client_is_secured(client))
        buf_put_text(line, "secured, ");
    buf_put_printf(line, "session=<%s>", client->session);
}

static void add_attempts(struct buf *line, const struct client *client)
{
    int64_t seconds = (clock_monotonic_ms() - client->arrived_ms) / 1000;

    if (client->attempts == 0)
        buf_put_printf(line, " (no auth attempts in %" PRId64 " secs): ", seconds);
    else
        buf_put_printf(line, " (auth failed, %u attempts in %" PRId64 " secs): ", client->attempts,
                       seconds);
}

void log_login(const struct client *client, uint64_t pid)
{
    struct buf line = BUF(BUF_UNLIMITED);

    add_elements(&line, client, pid);
    log_info("%s-login: Login: %s", client->login->protocol->name, buf_text(&line));
    buf_release(&line);
}

void log_disconnect(const struct client *client, const char *reason)
{
    struct buf line = BUF(BUF_UNLIMITED);

    add_attempts(&line, client);
    add_elements(&line, client, 0);
    log_info("%s-login: %s%s", client->login->protocol->name, reason, buf_text(&line));
    buf_release(&line);
}
