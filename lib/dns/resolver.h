/* What the files of lib/dns share: the state behind struct dns, and the asking of one question. */
#ifndef BUZON_LIB_DNS_RESOLVER_H
#define BUZON_LIB_DNS_RESOLVER_H

#include "lib/config/interfaces.h"
#include "lib/dns/answer.h"
#include "lib/dns/dns.h"
#include "lib/dns/hosts.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

struct dns {
    struct __res_state state;
    struct protocols protocols;
    struct hosts_order native; /* what nsswitch.conf says */
    struct hosts_order smtp;   /* what smtp_host_lookup says */
    struct buf hosts;          /* the text of hosts(5) */
    unsigned char reply[NS_MAXMSG];
};

/*
 * resolver_ask - the records of this type for this name, through aliases
 *
 *  name  without a dot at its end; what is no host name is ABSENT without a question
 *  err   may be NULL
 *
 * FOUND: answer_r has at least one record.
 */
enum dns_result resolver_ask(struct dns *dns, struct arena *arena, const char *name, int type,
                             struct answer *answer_r, struct error *err) MUST_CHECK;
/* resolver_explain - fill *err in Postfix's words */
void resolver_explain(struct error *err, enum error_kind kind, const char *name, int type,
                      const char *reason);

#endif
