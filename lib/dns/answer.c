/* What a name server's answer says. */
#include "lib/base/base.h"

#include "lib/dns/answer.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <resolv.h>

#define NAME_MAX_OCTETS  253
#define LABEL_MAX_OCTETS 63

bool answer_is_hostname(const char *name)
{
    bool has_letter = false;
    size_t label = 0;
    size_t len = 0;

    for (; name[len] != '\0'; len++) {
        char c = name[len];

        has_letter = has_letter || (c != '.' && !is_digit(c));
        if (c == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if ((!is_alnum(c) && c != '-' && c != '_') || ++label > LABEL_MAX_OCTETS) {
            return false;
        }
    }
    return has_letter && label > 0 && len <= NAME_MAX_OCTETS;
}

/* ns_parserr leaves the dot at the end away, and gives "" for the root. */
static const char *name_of(const ns_rr *record)
{
    return ns_rr_name(*record);
}

static bool expand(const ns_msg *message, const unsigned char *data, char name[NS_MAXDNAME])
{
    if (ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message), data, name, NS_MAXDNAME) <
        0)
        return false;
    if (name[0] == '\0')
        memcpy(name, ".", sizeof("."));
    return true;
}

static bool take_host(const ns_msg *message, const unsigned char *data, bool may_be_root,
                      struct arena *arena, const char **host_r)
{
    char name[NS_MAXDNAME];

    if (!expand(message, data, name) ||
        !(answer_is_hostname(name) || (may_be_root && strcmp(name, ".") == 0)))
        return false;
    *host_r = arena_copy(arena, name);
    return true;
}

/* "192.0.2.1" in place of a name, which RFC 1035 does not have and many a zone has all the same. */
static bool take_address(const ns_msg *message, const unsigned char *data, struct arena *arena,
                         const char **host_r)
{
    unsigned char address[4];
    char name[NS_MAXDNAME];

    if (!expand(message, data, name) || inet_pton(AF_INET, name, address) != 1)
        return false;
    *host_r = arena_copy(arena, name);
    return true;
}

static bool take_record(const ns_msg *message, const ns_rr *from, struct arena *arena,
                        struct answer_record *record_r)
{
    const unsigned char *data = ns_rr_rdata(*from);
    size_t len = ns_rr_rdlen(*from);

    *record_r = (struct answer_record){.host = NULL};
    switch (ns_rr_type(*from)) {
    case ns_t_a:
    case ns_t_aaaa:
        if (len != (ns_rr_type(*from) == ns_t_a ? 4 : 16))
            return false;
        memcpy(record_r->address, data, len);
        return true;
    case ns_t_mx:
        if (len < 3)
            return false;
        record_r->preference = ns_get16(data);
        return take_host(message, data + 2, true, arena, &record_r->host) ||
               take_address(message, data + 2, arena, &record_r->host);
    case ns_t_ptr:
        return take_host(message, data, false, arena, &record_r->host);
    default:
        return false;
    }
}

/* One pass over the answer section for `name`: its records, or the name that it stands for. */
static bool collect(ns_msg *message, const char *name, int type, struct arena *arena,
                    struct answer *answer, char target[NS_MAXDNAME])
{
    int count = ns_msg_count(*message, ns_s_an);
    ns_rr record;

    target[0] = '\0';
    for (int i = 0; i < count && answer->count < ANSWER_RECORDS_MAX; i++) {
        if (ns_parserr(message, ns_s_an, i, &record) != 0)
            return false;
        if (ns_rr_class(record) != ns_c_in || strcasecmp(name_of(&record), name) != 0)
            continue;
        if (ns_rr_type(record) == ns_t_cname) {
            if (!expand(message, ns_rr_rdata(record), target))
                return false;
        } else if (ns_rr_type(record) == (ns_type)type) {
            if (take_record(message, &record, arena, &answer->records[answer->count]))
                answer->count++;
            else
                answer->malformed++;
        }
    }
    return true;
}

static bool has_records_of(ns_msg *message, const char *name)
{
    ns_rr record;

    for (int i = 0; i < ns_msg_count(*message, ns_s_an); i++) {
        if (ns_parserr(message, ns_s_an, i, &record) == 0 &&
            strcasecmp(name_of(&record), name) == 0)
            return true;
    }
    return false;
}

bool answer_parse(struct span message, const char *name, int type, struct arena *arena,
                  struct answer *answer_r, struct error *err)
{
    char target[NS_MAXDNAME];
    ns_msg parsed;
    int count;

    *answer_r = (struct answer){.count = 0};
    if (message.len > NS_MAXMSG ||
        ns_initparse((const unsigned char *)message.data, (int)message.len, &parsed) != 0) {
        error_set(err, ERROR_MALFORMED, "Malformed or unexpected name server reply");
        return false;
    }
    count = ns_msg_count(parsed, ns_s_an);
    answer_r->records =
        arena_array(arena, struct answer_record,
                    (size_t)(count > ANSWER_RECORDS_MAX ? ANSWER_RECORDS_MAX : count));
    for (int hops = 0; hops <= count; hops++) {
        if (!collect(&parsed, name, type, arena, answer_r, target)) {
            error_set(err, ERROR_MALFORMED, "Malformed or unexpected name server reply");
            return false;
        }
        if (hops == 0 && count > 0 && !has_records_of(&parsed, name))
            answer_r->malformed++; /* it answers something else: that is no "there is none" */
        if (answer_r->count > 0 || answer_r->malformed > 0)
            answer_r->alias = NULL;
        if (answer_r->count > 0 || answer_r->malformed > 0 || target[0] == '\0')
            return true;
        name = answer_r->alias = arena_copy(arena, target);
    }
    error_set(err, ERROR_MALFORMED, "the aliases of %s go round in circles", name);
    return false;
}
