/* One question to the name servers. */
#include "lib/base/base.h"

#include "lib/dns/resolver.h"

#include <netdb.h>

#define ALIASES_MAX 10 /* questions for one name, when servers do not follow CNAMEs themselves */

static const char *type_name(int type)
{
    return type == ns_t_a ? "A" : type == ns_t_aaaa ? "AAAA" : type == ns_t_mx ? "MX" : "PTR";
}

void resolver_explain(struct error *err, enum error_kind kind, const char *name, int type,
                      const char *reason)
{
    error_set(err, kind,
              "Host or domain name not found. Name service error for name=%s type=%s: %s", name,
              type_name(type), reason);
}

static void explain_malformed(struct error *err, const char *name, int type, const char *reason)
{
    error_set(err, ERROR_TEMPORARY, "Name service error for name=%s type=%s: %s", name,
              type_name(type), reason);
}

static enum dns_result explain_failure(const struct dns *dns, const char *name, int type,
                                       struct error *err)
{
    switch (dns->state.res_h_errno) {
    case HOST_NOT_FOUND:
        resolver_explain(err, ERROR_PERMANENT, name, type, "Host not found");
        return DNS_ABSENT;
    case NO_DATA:
        resolver_explain(err, ERROR_PERMANENT, name, type,
                         "Host found but no data record of requested type");
        return DNS_ABSENT;
    case NO_RECOVERY:
        resolver_explain(err, ERROR_TEMPORARY, name, type, "Non-recoverable error");
        return DNS_UNAVAILABLE;
    default:
        resolver_explain(err, ERROR_TEMPORARY, name, type, "Host not found, try again");
        return DNS_UNAVAILABLE;
    }
}

/* One question; answer_r->alias may say that the next one is due. */
static enum dns_result ask_once(struct dns *dns, struct arena *arena, const char *name, int type,
                                struct answer *answer_r, struct error *err)
{
    int len = res_nquery(&dns->state, name, ns_c_in, type, dns->reply, sizeof(dns->reply));
    struct error problem = {0};

    if (len < 0)
        return explain_failure(dns, name, type, err);
    if ((size_t)len > sizeof(dns->reply))
        len = sizeof(dns->reply);
    if (!answer_parse(span_of(dns->reply, (size_t)len), name, type, arena, answer_r, &problem)) {
        explain_malformed(err, name, type, problem.text);
        return DNS_UNAVAILABLE;
    }
    if (answer_r->count > 0 || answer_r->alias != NULL)
        return DNS_FOUND;
    if (answer_r->malformed > 0) {
        explain_malformed(err, name, type, "Malformed or unexpected name server reply");
        return DNS_UNAVAILABLE;
    }
    resolver_explain(err, ERROR_PERMANENT, name, type,
                     "Host found but no data record of requested type");
    return DNS_ABSENT;
}

enum dns_result resolver_ask(struct dns *dns, struct arena *arena, const char *name, int type,
                             struct answer *answer_r, struct error *err)
{
    for (int aliases = 0; aliases < ALIASES_MAX; aliases++) {
        enum dns_result result;

        if (!answer_is_hostname(name)) { /* no server has it, whatever it says */
            resolver_explain(err, ERROR_PERMANENT, name, type, "Host not found");
            return DNS_ABSENT;
        }
        result = ask_once(dns, arena, name, type, answer_r, err);
        if (result != DNS_FOUND || answer_r->count > 0)
            return result;
        name = answer_r->alias;
    }
    resolver_explain(err, ERROR_TEMPORARY, name, type, "too many aliases");
    return DNS_UNAVAILABLE;
}
