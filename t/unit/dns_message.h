/* Name servers' replies, as tests write them. */
#ifndef BUZON_T_UNIT_DNS_MESSAGE_H
#define BUZON_T_UNIT_DNS_MESSAGE_H

#include "lib/base/buf.h"

#include <arpa/nameser.h>

static inline void dns_put16(struct buf *out, unsigned number)
{
    buf_put_char(out, (char)(number >> 8));
    buf_put_char(out, (char)(number & 0xff));
}

/* "mx.example.test" as labels; "." is the root */
static inline void dns_put_name(struct buf *out, const char *name)
{
    struct span rest = span_text(strcmp(name, ".") == 0 ? "" : name);

    while (rest.len > 0) {
        struct span label = span_take_until(&rest, '.');

        buf_put_char(out, (char)label.len);
        buf_put(out, label);
    }
    buf_put_char(out, 0);
}

/* A header with room for the counts, and the question. */
static inline void dns_begin(struct buf *out, unsigned rcode, const char *name, int type)
{
    dns_put16(out, 0x1234);
    dns_put16(out, 0x8180 | rcode);
    dns_put16(out, 1);
    dns_put16(out, 0);
    dns_put16(out, 0);
    dns_put16(out, 0);
    dns_put_name(out, name);
    dns_put16(out, (unsigned)type);
    dns_put16(out, ns_c_in);
}

/* One more record of the answer section; data is copied as it is. */
static inline void dns_add(struct buf *out, const char *owner, int type, struct span data)
{
    dns_put_name(out, owner);
    dns_put16(out, (unsigned)type);
    dns_put16(out, ns_c_in);
    dns_put16(out, 0);
    dns_put16(out, 300);
    dns_put16(out, (unsigned)data.len);
    buf_put(out, data);
    out->data[7]++; /* the count of answers */
}

static inline void dns_add_name(struct buf *out, const char *owner, int type, const char *target)
{
    struct buf data = BUF(BUF_UNLIMITED);

    dns_put_name(&data, target);
    dns_add(out, owner, type, buf_span(&data));
    buf_release(&data);
}

static inline void dns_add_mx(struct buf *out, const char *owner, unsigned preference,
                              const char *host)
{
    struct buf data = BUF(BUF_UNLIMITED);

    dns_put16(&data, preference);
    dns_put_name(&data, host);
    dns_add(out, owner, ns_t_mx, buf_span(&data));
    buf_release(&data);
}

#endif
