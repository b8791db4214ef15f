/* Addresses that are valid outside, in the place of our own (smtp/generic.h). */
#include "smtp/generic.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/message/header_addresses.h"
#include "lib/route/route.h"

#define READ_MAX  65536 /* octets of content at a time; more for a field that is longer */
#define KNOWN_MAX 1000  /* addresses of a message that are looked up only once */

struct generic {
    const struct config *config;
    const char *parameter;
    struct maps *maps;
    struct route *route; /* what is local, and how results are completed */
};

struct generic *generic_create(const struct config *config, bool lmtp)
{
    struct generic *generic;
    struct maps *maps =
        maps_open(config, lmtp ? config->lmtp_generic_maps : config->smtp_generic_maps, true);

    if (maps_is_empty(maps)) {
        maps_free(&maps);
        return NULL;
    }
    generic = mem_new(struct generic);
    *generic = (struct generic){
        .config = config,
        .parameter = lmtp ? "lmtp_generic_maps" : "smtp_generic_maps",
        .maps = maps,
        .route = route_create(config, true),
    };
    return generic;
}

void generic_free(struct generic **generic)
{
    if (*generic == NULL)
        return;
    maps_free(&(*generic)->maps);
    route_free(&(*generic)->route);
    mem_free(*generic);
    *generic = NULL;
}

/* The work on one message. */
struct mapping {
    const struct generic *generic;
    const struct delivery_request *request;
    const struct outgoing *outgoing; /* the content so far */
    struct arena *scratch;           /* for one address of the envelope, or one header field */
    struct hash *known;              /* what addresses become; keys and values are the request's */
    size_t known_count;
    struct buf header; /* as it will leave */
    bool changed;      /* it is not the one of the file */
    bool failed;
    struct failure failure;
};

static void fail(struct mapping *mapping, const char *text)
{
    mapping->failed = true;
    mapping->failure = (struct failure){.status = "4.3.0", .text = text};
}

/* --- addresses ------------------------------------------------------------------------------------ */

static void remember(struct mapping *mapping, const char *address, const char *mapped)
{
    struct arena *arena = mapping->request->arena;

    if (mapping->known_count == KNOWN_MAX)
        return;
    mapping->known_count++;
    (void)hash_put(mapping->known, span_text(arena_copy(arena, address)),
                   arena_copy(arena, mapped));
}

/* What an address becomes: valid until the scratch arena is reset. */
static const char *map_address(struct mapping *mapping, const char *address)
{
    const struct generic *generic = mapping->generic;
    const char *mapped = hash_get(mapping->known, span_text(address));
    struct error err = {0};

    if (mapped != NULL || mapping->failed)
        return mapped != NULL ? mapped : address;
    if (route_generic(generic->route, mapping->scratch, generic->maps, generic->parameter, address,
                      &mapped, &err) == MAP_UNAVAILABLE) {
        log_warning("%s: %s, asked for %s: %s", mapping->request->queue_id, generic->parameter,
                    address, err.text);
        fail(mapping, arena_printf(mapping->request->arena, "%s: temporary lookup failure",
                                   generic->parameter));
        return address;
    }
    remember(mapping, address, mapped);
    return mapped;
}

static const char *map_envelope_address(struct mapping *mapping, const char *address)
{
    const char *mapped = arena_copy(mapping->request->arena, map_address(mapping, address));

    arena_reset(mapping->scratch);
    return mapped;
}

static void map_envelope(struct mapping *mapping, struct delivery_request *outgoing)
{
    const struct delivery_request *request = mapping->request;

    outgoing->recipients =
        arena_array(request->arena, struct delivery_recipient, request->recipient_count);
    outgoing->sender = map_envelope_address(mapping, request->sender);
    for (size_t i = 0; i < request->recipient_count && !mapping->failed; i++) {
        outgoing->recipients[i] = request->recipients[i];
        outgoing->recipients[i].address =
            map_envelope_address(mapping, request->recipients[i].address);
    }
}

/* --- the header ----------------------------------------------------------------------------------- */

static const char *replace_address(void *context, const char *address, bool is_sender UNUSED)
{
    return map_address(context, address);
}

static void keep_octets(void *context, struct span octets)
{
    struct mapping *mapping = context;

    buf_put(&mapping->header, octets);
}

static void put_octets(void *context, struct span octets)
{
    struct mapping *mapping = context;

    buf_put(&mapping->header, octets);
    mapping->changed = true;
}

static void map_field(struct mapping *mapping, const struct header_field *field)
{
    const struct header_rewriter rewriter = {
        .scratch = mapping->scratch,
        .limit = (size_t)mapping->generic->config->header_address_token_limit,
        .context = mapping,
        .replace = replace_address,
        .keep = keep_octets,
        .put = put_octets,
    };
    enum header_addresses addresses = header_addresses(field->name);

    if (addresses == HEADER_NO_ADDRESSES)
        keep_octets(mapping, field->whole);
    else
        header_rewrite(&rewriter, field, addresses == HEADER_SENDERS);
}

/* All fields that are whole: how many octets they are; *ended_r: there are no more. */
static size_t map_fields(struct mapping *mapping, struct span octets, bool at_eof, bool *ended_r)
{
    struct cursor at = cursor_of(octets);
    struct header_field field;
    enum parse_result result;

    while ((result = header_next(&at, at_eof, &field)) == PARSE_DONE)
        map_field(mapping, &field);
    *ended_r = result == PARSE_MALFORMED;
    return octets.len - cursor_left(at);
}

/* The next octets of the content behind those that wait. */
static bool read_more(struct mapping *mapping, struct buf *waiting, uint64_t *read)
{
    size_t room = waiting->len > READ_MAX ? waiting->len : READ_MAX;
    uint64_t left = mapping->outgoing->request.content_size - *read;
    size_t len = left < room ? (size_t)left : room;
    char *octets = buf_reserve(waiting, len);

    ASSERT(octets != NULL);
    if (len > 0 && !outgoing_read(mapping->outgoing, octets, len, *read)) {
        fail(mapping, arena_printf(mapping->request->arena, "queue file read error: %s",
                                   errno == 0 ? "it is too short" : strerror(errno)));
        return false;
    }
    buf_commit(waiting, len);
    *read += len;
    return true;
}

/* How many octets of the content are its header. */
static uint64_t map_header(struct mapping *mapping)
{
    struct buf waiting = BUF(BUF_UNLIMITED);
    uint64_t read = 0;
    bool ended = false;

    while (!ended && !mapping->failed && read_more(mapping, &waiting, &read)) {
        bool at_eof = read == mapping->outgoing->request.content_size;

        buf_remove(&waiting, map_fields(mapping, buf_span(&waiting), at_eof, &ended));
    }
    read -= waiting.len;
    buf_release(&waiting);
    return read;
}

bool generic_map(const struct generic *generic, const struct delivery_request *request,
                 struct outgoing *outgoing, struct failure *failure_r)
{
    struct mapping mapping = {
        .generic = generic,
        .request = request,
        .outgoing = outgoing,
        .header = BUF(BUF_UNLIMITED),
    };

    if (generic == NULL)
        return true;
    mapping.scratch = arena_create();
    mapping.known = hash_create();
    map_envelope(&mapping, &outgoing->request);
    if (!mapping.failed) {
        uint64_t replaced = map_header(&mapping);

        if (mapping.changed && !mapping.failed)
            outgoing_replace(outgoing, replaced, buf_span(&mapping.header));
    }
    buf_release(&mapping.header);
    hash_free(&mapping.known, NULL);
    arena_free(&mapping.scratch);
    if (mapping.failed)
        *failure_r = mapping.failure;
    return !mapping.failed;
}
