/* cidr: network rules in order (cidr_table(5)). */
#include "lib/map/rules.h"

static void *compile(struct span *rest, bool is_if UNUSED, size_t *groups_r UNUSED,
                     struct error *err)
{
    struct span text = *rest;
    size_t len = 0;
    struct cidr *network;

    while (len < text.len && !is_space(text.data[len]))
        len++;
    network = mem_new(struct cidr);
    if (!cidr_read(span_first(text, len), network, err)) {
        mem_free(network);
        return NULL;
    }
    *rest = span_skip(text, len);
    return network;
}

static bool prepare(struct rule_key *key)
{
    return cidr_read_address(key->text, &key->address);
}

/* A network of one family says nothing about addresses of the other. */
static bool concerns(const void *pattern, const struct rule_key *key)
{
    return ((const struct cidr *)pattern)->size == key->address.size;
}

static bool matches(const void *pattern, const struct rule_key *key,
                    struct rule_groups *groups_r UNUSED, struct error *err UNUSED)
{
    return cidr_contains(pattern, &key->address);
}

static void free_network(void *pattern)
{
    mem_free(pattern);
}

const struct rule_syntax rule_syntax_cidr = {
    .type = "cidr",
    .compile = compile,
    .prepare = prepare,
    .concerns = concerns,
    .matches = matches,
    .free = free_network,
};

static void *open_table(const struct config *config UNUSED, const char *name, struct error *err)
{
    return rules_open(&rule_syntax_cidr, name, err);
}

const struct map_type map_type_cidr = {
    .name = "cidr",
    .traits = MAP_FILES | MAP_PATTERN,
    .suffix = "",
    .open = open_table,
    .lookup = rules_lookup,
    .changed = rules_changed,
    .hit_line = rules_hit_line,
    .close = rules_free,
};
