/* pcre: Perl-compatible regular expressions in order, by PCRE2 with its compiler (pcre_table(5)). */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "lib/map/delimited.h"
#include "lib/map/rules.h"

#include <pcre2.h>

struct pcre {
    pcre2_code *code;
    pcre2_match_data *found;
};

static bool read_flags(struct span flags, uint32_t *options_r, struct error *err)
{
    static const struct {
        char letter;
        uint32_t option;
    } known[] = {
        {'i', PCRE2_CASELESS      },
        {'m', PCRE2_MULTILINE     },
        {'s', PCRE2_DOTALL        },
        {'x', PCRE2_EXTENDED      },
        {'A', PCRE2_ANCHORED      },
        {'E', PCRE2_DOLLAR_ENDONLY},
        {'U', PCRE2_UNGREEDY      },
        {'X', 0 /* PCRE1 only */  },
    };

    for (size_t i = 0; i < flags.len; i++) {
        size_t k = 0;

        while (k < ARRAY_LENGTH(known) && known[k].letter != flags.data[i])
            k++;
        if (k == ARRAY_LENGTH(known)) {
            error_set(err, ERROR_MALFORMED, "unknown regexp option \"%c\"", flags.data[i]);
            return false;
        }
        *options_r ^= known[k].option;
    }
    return true;
}

static void explain(int failure, const char *what, size_t offset, struct error *err)
{
    PCRE2_UCHAR reason[256] = "";

    (void)pcre2_get_error_message(failure, reason, sizeof(reason));
    if (offset == SIZE_MAX)
        error_set(err, ERROR_TEMPORARY, "%s: %s", what, (const char *)reason);
    else
        error_set(err, ERROR_PERMANENT, "%s at offset %zu: %s", what, offset, (const char *)reason);
}

static void free_pcre(void *pattern)
{
    struct pcre *pcre = pattern;

    pcre2_match_data_free(pcre->found);
    pcre2_code_free(pcre->code);
    mem_free(pcre);
}

static void *compile(struct span *rest, bool is_if UNUSED, size_t *groups_r, struct error *err)
{
    uint32_t options = PCRE2_CASELESS | PCRE2_DOTALL;
    struct span pattern;
    struct span flags;
    uint32_t groups;
    PCRE2_SIZE offset;
    int failure;
    struct pcre *pcre;

    if (!delimited_take(rest, ' ', &pattern, &flags, err) || !read_flags(flags, &options, err))
        return NULL;
    pcre = mem_new(struct pcre);
    /* Never PCRE2_UTF: a pattern looks at octets, as in Postfix; it may begin with (*UTF) */
    pcre->code =
        pcre2_compile((PCRE2_SPTR)pattern.data, pattern.len, options, &failure, &offset, NULL);
    if (pcre->code == NULL) {
        explain(failure, "error in regex", offset, err);
        mem_free(pcre);
        return NULL;
    }
    (void)pcre2_jit_compile(pcre->code, PCRE2_JIT_COMPLETE); /* without it, it is interpreted */
    pcre->found = pcre2_match_data_create_from_pattern(pcre->code, NULL);
    (void)pcre2_pattern_info(pcre->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    *groups_r = groups < RULE_GROUPS_MAX ? groups : RULE_GROUPS_MAX - 1;
    if (pcre->found == NULL) {
        error_set(err, ERROR_TEMPORARY, "out of memory");
        free_pcre(pcre);
        return NULL;
    }
    return pcre;
}

static bool matches(const void *pattern, const struct rule_key *key, struct rule_groups *groups_r,
                    struct error *err)
{
    const struct pcre *pcre = pattern;
    int result =
        pcre2_match(pcre->code, (PCRE2_SPTR)key->text.data, key->text.len, 0, 0, pcre->found, NULL);
    const PCRE2_SIZE *offsets;

    if (result < 0) {
        if (result != PCRE2_ERROR_NOMATCH)
            explain(result, "matching failed", SIZE_MAX, err);
        return false;
    }
    offsets = pcre2_get_ovector_pointer(pcre->found);
    groups_r->count = (size_t)result < RULE_GROUPS_MAX ? (size_t)result : RULE_GROUPS_MAX;
    for (size_t i = 0; i < groups_r->count; i++) {
        bool matched = offsets[2 * i] != PCRE2_UNSET;

        groups_r->at[i].start = matched ? offsets[2 * i] : 0;
        groups_r->at[i].end = matched ? offsets[2 * i + 1] : 0;
    }
    return true;
}

const struct rule_syntax rule_syntax_pcre = {
    .type = "pcre",
    .delimited = true,
    .compile = compile,
    .matches = matches,
    .free = free_pcre,
};

static void *open_table(const struct config *config UNUSED, const char *name, struct error *err)
{
    return rules_open(&rule_syntax_pcre, name, err);
}

const struct map_type map_type_pcre = {
    .name = "pcre",
    .traits = MAP_FILES | MAP_PATTERN,
    .suffix = "",
    .open = open_table,
    .lookup = rules_lookup,
    .changed = rules_changed,
    .hit_line = rules_hit_line,
    .close = rules_free,
};
