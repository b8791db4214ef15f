/*
 * ..._delivery_status_filter: tables that replace status code and text of what became of a recipient. A
 * delivery agent has one such filter, which delivery_result_send obeys. Source: Postfix,
 * default_delivery_status_filter.
 */
#ifndef BUZON_LIB_DELIVERY_STATUS_FILTER_H
#define BUZON_LIB_DELIVERY_STATUS_FILTER_H

#include "lib/delivery/request.h"
#include "lib/map/map.h"

/*
 * status_filter_open - from now on this process filters its results; tables that change are opened anew
 *
 *  config, tables  borrowed for good; no tables: nothing is filtered
 *  parameter       whose value they are, for the log; likewise
 */
void status_filter_open(const struct config *config, const char *parameter, const char *tables,
                        bool through_proxy);
/*
 * status_filter_apply - what the tables have for "status text" takes their place
 *
 * A success stays one; a failure may become temporary or final. What says otherwise, and what cannot be
 * asked, is logged and changes nothing. New texts are the arena's.
 */
void status_filter_apply(struct arena *arena, struct delivery_result *result);

#endif
