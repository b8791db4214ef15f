/*
 * What a name server's answer says. The octets are hostile: only glibc's ns_* functions read them,
 * which keep within bounds, and only names that are host names leave here.
 */
#ifndef BUZON_LIB_DNS_ANSWER_H
#define BUZON_LIB_DNS_ANSWER_H

#include "lib/base/base.h"

#define ANSWER_RECORDS_MAX 200 /* of one answer; the rest is ignored */

struct answer_record {
    unsigned preference;       /* MX */
    const char *host;          /* MX, PTR; "." is the root */
    unsigned char address[16]; /* A: 4 octets, AAAA: 16 */
};

struct answer {
    struct answer_record *records; /* the arena's */
    size_t count;
    size_t malformed;  /* records of the type asked for that cannot be used */
    const char *alias; /* where CNAMEs lead when no record was there for it; else NULL */
};

/*
 * answer_parse - the records of this type for this name, through CNAMEs
 *
 *  message  a reply, any octets
 *  name     that was asked for, without a dot at its end
 *  type     ns_t_a, ns_t_aaaa, ns_t_mx, ns_t_ptr
 *  err      MALFORMED: this is no reply; CNAMEs go round in circles
 */
bool answer_parse(struct span message, const char *name, int type, struct arena *arena,
                  struct answer *answer_r, struct error *err) MUST_CHECK;

/* answer_is_hostname - letters, digits, '-', '_', labels of 1 to 63 octets, at most 253 in all; not
 * only digits and dots, which would pass for an address */
bool answer_is_hostname(const char *name);

#endif
