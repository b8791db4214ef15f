/* How others wake the queue manager. */
#ifndef BUZON_LIB_QUEUE_QMGR_CLIENT_H
#define BUZON_LIB_QUEUE_QMGR_CLIENT_H

#include "lib/io/ipc.h"
#include "lib/queue/queue_file.h"

/* One message on a connection to queue_service_name; there is no answer, but see qmgr_flow. */
enum qmgr_verb {
    QMGR_ARRIVED, /* cleanup: queue_id is new in incoming/; `file` is the open queue file or -1 */
    QMGR_FLUSH,   /* all deferred mail now */
    QMGR_FLUSH_MESSAGE, /* queue_id, deferred, now */
    QMGR_SCAN,          /* look at incoming/ (wakeup) */
    QMGR_REVIVE, /* forget which destinations do not answer: for flushes of messages that follow */
};

struct qmgr_request {
    enum qmgr_verb verb;
    const char *queue_id;
    int file;
};

bool qmgr_request_send(struct connection *qmgr, const struct qmgr_request *request,
                       struct error *err) MUST_CHECK;
/*
 * What qmgr says to whoever brings messages, behind one of them, when it has changed: do more messages
 * come than it takes? (in_flow_delay)
 */
struct qmgr_flow {
    bool is_behind;
};
bool qmgr_flow_send(struct connection *peer, const struct qmgr_flow *flow,
                    struct error *err) MUST_CHECK;
bool qmgr_flow_receive(struct connection *qmgr, struct arena *arena, struct qmgr_flow *flow_r,
                       struct error *err) MUST_CHECK;

bool qmgr_request_receive(struct connection *peer, struct arena *arena,
                          struct qmgr_request *request_r, struct error *err) MUST_CHECK;

#endif
