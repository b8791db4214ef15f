/* What goes over the wire between cleanup and those who hand messages in: for the two halves of intake.h alone. */
#ifndef BUZON_LIB_QUEUE_INTAKE_WIRE_H
#define BUZON_LIB_QUEUE_INTAKE_WIRE_H

#include "lib/queue/intake.h"

#define INTAKE_FIRST_CONTENT_MAX                                                                   \
    ((size_t)32 * 1024) /* goes with the recipients; more goes in blocks */

struct intake_wire_open {
    uint64_t origin;
    const char *sender;
    const char *dsn_envid;
    uint64_t dsn_ret;
    uint64_t flags;
    uint64_t overrides;
    bool rewrite_local;
    const char *full_name;
    uint64_t arrival_us;
    uint64_t size_hint;
    struct queue_attribute *attributes;
    size_t attribute_count;
};

struct intake_wire_opened {
    const char *queue_id;
    const char *refusal; /* "" when there is a queue id */
    bool no_space;
};

struct intake_wire_message {
    bool aborted;
    struct queue_recipient *recipients;
    size_t recipient_count;
    struct span content;
    bool more;
    bool ordered;
};

struct intake_wire_copy {
    const char *address;
};

struct intake_wire_orders {
    bool discard;
    bool hold;
    const char *filter;
    const char *redirect;
    struct intake_wire_copy *copies;
    size_t copy_count;
};

extern const struct ipc_message intake_open_message, intake_opened_message, intake_message_message,
    intake_orders_message, intake_outcome_message;

#endif
