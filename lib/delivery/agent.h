/* The conversation of a delivery agent with qmgr, the same for all agents that keep nothing between requests. */
#ifndef BUZON_LIB_DELIVERY_AGENT_H
#define BUZON_LIB_DELIVERY_AGENT_H

#include "lib/delivery/request.h"
#include "lib/service/service.h"

/* One result per recipient, in the order of the request: qmgr counts on both. false: it cannot be told. */
typedef bool delivery_answer(struct connection *qmgr, const struct service_instance *instance,
                             const struct delivery_request *request, struct error *err);

/*
 * delivery_serve - answer requests until qmgr hangs up, which is no error
 *
 * An agent's service.serve is this with its own `answer`; service_main logs what *err says otherwise.
 */
bool delivery_serve(struct connection *qmgr, const struct service_instance *instance,
                    delivery_answer *answer, struct error *err) MUST_CHECK;

/* delivery_answer_all - the same result for every recipient */
bool delivery_answer_all(struct connection *qmgr, const struct delivery_request *request,
                         struct delivery_result result, struct error *err) MUST_CHECK;

#endif
