/*
 * The log line of a delivery, in Postfix's form to the letter, for whoever decides about a
 * recipient: the agents (delivery_result_send) and qmgr, where it has to defer mail by itself.
 */
#ifndef BUZON_LIB_DELIVERY_LOG_LINE_H
#define BUZON_LIB_DELIVERY_LOG_LINE_H

#include "lib/base/buf.h"
#include "lib/delivery/request.h"

/*
 * delivery_log - "QID: to=<bob@example.net>, relay=..., delay=0.42, delays=0.03/0.01/0.12/0.26,
 * dsn=2.0.0, status=sent (...)" at level info
 *
 * Reads of the request: config, queue_id, arrival_us, active_us, received and the arena.
 */
void delivery_log(const struct delivery_request *request, const struct delivery_result *result);

/* delivery_log_line - the same as text, as if it were `now` */
void delivery_log_line(struct buf *line, const struct delivery_request *request,
                       const struct delivery_result *result, struct timeval now);

/*
 * delivery_log_delay - append seconds as Postfix writes them: two significant digits, at most
 * `decimals` of them (0 to 6) behind the point, no zeros at the end, and whole seconds never rounded
 */
void delivery_log_delay(struct buf *line, int64_t delay_us, int decimals);

/* delivery_log_address - an internal address in the form that info_log_address_format asks for */
const char *delivery_log_address(const struct config *config, struct arena *arena,
                                 const char *address);

#endif
