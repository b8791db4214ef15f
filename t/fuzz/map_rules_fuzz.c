/*
 * The sources of regexp, pcre and cidr tables, and keys for them. The first octet chooses the type; the
 * first line is the key, the rest the table.
 */
#include "lib/map/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct rule_syntax *const syntaxes[] = {&rule_syntax_regexp, &rule_syntax_pcre,
                                                         &rule_syntax_cidr};
    struct span table =
        span_of(data, size > 4096 ? 4096 : size); /* patterns explode by themselves */
    struct span key = span_take_until(&table, '\n');
    struct buf value = BUF(65536);
    struct error err;
    struct rules *rules;
    char *text;

    if (key.len < 2 || memchr(key.data, '\0', key.len) != NULL)
        return 0;
    rules = rules_parse(syntaxes[(unsigned char)key.data[0] % 3], "fuzz", table);
    text = mem_span(span_skip(key, 1));
    ASSERT(rules_lookup(rules, span_text(text), 0, &value, &err) != MAP_FOUND ||
           value.len <= value.limit);
    rules_free(rules);
    buf_release(&value);
    mem_free(text);
    return 0;
}
