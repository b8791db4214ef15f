/* The log line of a delivery. Postfix's rules for its delays stand at delivery_log_delay. */
#include "lib/base/base.h"

#include "lib/delivery/log_line.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/message/address.h"

#define SECOND ((int64_t)1000000) /* in microseconds */

void delivery_log_delay(struct buf *line, int64_t delay_us, int decimals)
{
    int64_t step = SECOND;           /* what is rounded to */
    int64_t magnitude = 10 * SECOND; /* greatest power of ten in it that matters */
    int64_t rounded, fraction;

    if (delay_us < 0)
        delay_us = 0;
    while (magnitude > 1 && delay_us < magnitude)
        magnitude /= 10;
    for (int i = 0; i < decimals && step > 1 && step * 10 > magnitude; i++)
        step /= 10;
    rounded = (delay_us + step / 2) / step * step;
    fraction = rounded % SECOND;
    buf_put_printf(line, "%" PRId64, rounded / SECOND);
    if (fraction == 0)
        return;
    buf_put_char(line, '.');
    for (int64_t place = SECOND / 10; fraction > 0; place /= 10) {
        buf_put_char(line, (char)('0' + fraction / place));
        fraction %= place;
    }
}

static int64_t microseconds(struct timeval when)
{
    return (int64_t)when.tv_sec * SECOND + when.tv_usec;
}

static bool is_set(struct timeval when)
{
    return when.tv_sec != 0;
}

/* delay=total, delays=before qmgr/in qmgr/connection set-up/transmission */
static void put_delays(struct buf *line, const struct delivery_request *request,
                       const struct delivery_result *result, struct timeval now)
{
    int decimals = request->config->delay_logging_resolution_limit;
    int64_t arrival = (int64_t)request->arrival_us;
    int64_t active = (int64_t)request->active_us;
    int64_t end = microseconds(now);
    int64_t handed = microseconds(is_set(result->connection_started) ? result->connection_started
                                                                     : request->received);
    int64_t connected = handed;

    if (is_set(result->session_started))
        connected = microseconds(result->session_started);
    else if (is_set(result->connection_started))
        connected = end;
    buf_put_text(line, "delay=");
    delivery_log_delay(line, end - arrival, decimals);
    buf_put_text(line, ", delays=");
    delivery_log_delay(line, active - arrival, decimals);
    buf_put_char(line, '/');
    delivery_log_delay(line, handed - active, decimals);
    buf_put_char(line, '/');
    delivery_log_delay(line, connected - handed, decimals);
    buf_put_char(line, '/');
    delivery_log_delay(line, end - connected, decimals);
}

static const char *status_word(const struct delivery_request *request,
                               const struct delivery_result *result)
{
    switch (result->outcome) {
    case DELIVERY_SENT:
        return result->action == DELIVERY_ACTION_DELIVERABLE     ? "deliverable"
               : result->action == DELIVERY_ACTION_UNDELIVERABLE ? "undeliverable"
                                                                 : "sent";
    case DELIVERY_DEFERRED:
        return "deferred";
    case DELIVERY_BOUNCED:
    case DELIVERY_BEST_MX:
        return request->config->soft_bounce ? "SOFTBOUNCE" : "bounced";
    }
    return "unknown";
}

const char *delivery_log_address(const struct config *config, struct arena *arena,
                                 const char *address)
{
    bool internal = strcmp(config->info_log_address_format, "internal") == 0;

    return internal ? address : address_quote(arena, address);
}

void delivery_log_line(struct buf *line, const struct delivery_request *request,
                       const struct delivery_result *result, struct timeval now)
{
    const struct delivery_recipient *recipient = result->recipient;
    const struct config *config = request->config;

    buf_put_printf(line, "%s: to=<%s>", request->queue_id,
                   delivery_log_address(config, request->arena, recipient->address));
    if (recipient->original != NULL && recipient->original[0] != '\0' &&
        strcasecmp(recipient->original, recipient->address) != 0)
        buf_put_printf(line, ", orig_to=<%s>",
                       delivery_log_address(config, request->arena, recipient->original));
    buf_put_printf(line, ", relay=%s, ", result->relay == NULL ? "none" : result->relay);
    if (result->connection_use > 1)
        buf_put_printf(line, "conn_use=%u, ", result->connection_use);
    put_delays(line, request, result, now);
    buf_put_printf(line, ", dsn=%s, status=%s (%s)", result->status, status_word(request, result),
                   result->text == NULL ? "" : result->text);
}

void delivery_log(const struct delivery_request *request, const struct delivery_result *result)
{
    struct buf line = BUF(BUF_UNLIMITED); /* texts in it are bounded by their messages */

    delivery_log_line(&line, request, result, clock_wall());
    log_info("%s", buf_text(&line));
    buf_release(&line);
}
