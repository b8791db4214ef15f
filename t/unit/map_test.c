/* Tables: what each type answers, with the real files where it has some. */
#include "lib/map/map.h"

#include "t/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

static const struct config config = {
    .smtputf8_enable = true,
    .berkeley_db_read_buffer_size = 131072,
    .proxymap_service_name = "proxymap",
    .parent_domain_matches_subdomains = "relay_domains",
};

static char directory[] = "/tmp/map_test.XXXXXX";

#define ABSENT NULL
static const char unavailable[] = "(unavailable)";

static const char *ask(struct map *map, const char *key, int flags, struct buf *value)
{
    struct span copy = unit_copy(span_text(key));
    struct error err = {0};
    enum map_result result = map_lookup(map, copy, flags, value, &err);

    mem_free(copy.data);
    if (result == MAP_UNAVAILABLE)
        assert_int_equal(err.kind, ERROR_TEMPORARY);
    return result == MAP_FOUND ? buf_text(value) : result == MAP_ABSENT ? ABSENT : unavailable;
}

static void expect(const char *answer, const char *expected)
{
    if (expected == NULL)
        assert_null(answer);
    else if (answer == NULL)
        fail_msg("absent instead of \"%s\"", expected);
    else
        assert_string_equal(answer, expected);
}

/* clang-format off */
static const struct map_case {
    const char *name;
    const char *specification;
    const char *key;
    const char *answer;
} map_cases[] = {
    {"static answers everything", "static:all", "x", "all"},
    {"static takes text in braces", "static:{ a b }", "x", "a b"},
    {"an empty key is never there", "static:all", "", ABSENT},
    {"internal is empty", "internal:x", "x", ABSENT},
    {"fail fails", "fail:x", "x", unavailable},
    {"an unknown type is unavailable", "oracle:x", "x", unavailable},
    {"a name without type is unavailable", "/etc/aliases", "x", unavailable},
    {"environ is the environment", "environ:x", "map_test", "from here"},
    {"environ has nothing else", "environ:x", "map_test_not", ABSENT},
    {"inline", "inline:{a=b, c=d}", "c", "d"},
    {"inline with white space", "inline:{ {a = b c}, { x=y } }", "a", "b c"},
    {"inline folds keys", "inline:{ABC=d}", "aBc", "d"},
    {"inline without it", "inline:{a=b}", "b", ABSENT},
    {"inline keeps the last of two", "inline:{a=b, a=c}", "a", "c"},
    {"a type without a name is unavailable", "static:", "a", unavailable},
    {"unionmap of none", "unionmap:{}", "k", unavailable},
    {"pipemap of none", "pipemap:{}", "k", unavailable},
    {"inline needs =", "inline:{a}", "a", unavailable},
    {"inline needs braces", "inline:a=b", "a", unavailable},
    {"folding knows more than ASCII", "inline:{ÄÖ=x}", "äö", "x"},
    {"a key that is no UTF-8 is in no folded table", "inline:{a=x}", "\xff", ABSENT},
    {"unix knows root", "unix:passwd.byname", "root", "root:x:0:0:root:/root:/bin/bash"},
    {"unix does not know nobody-such", "unix:passwd.byname", "nobody-such", ABSENT},
    {"unix has groups", "unix:group.byname", "root", "root:x:0:"},
    {"unix has no other tables", "unix:hosts", "x", unavailable},
    {"unionmap joins what is found", "unionmap:{static:a, inline:{x=y}, static:b}", "k", "a,b"},
    {"unionmap without a find", "unionmap:{inline:{x=y}}", "k", ABSENT},
    {"unionmap with a broken member", "unionmap:{static:a, fail:x}", "k", unavailable},
    {"pipemap asks on", "pipemap:{inline:{a=b}, inline:{b=c}}", "a", "c"},
    {"pipemap folds for each member", "pipemap:{inline:{a=B}, inline:{b=c}}", "A", "c"},
    {"pipemap ends where nothing is found", "pipemap:{inline:{a=x}, inline:{b=c}}", "a", ABSENT},
    {"pipemap with a broken member", "pipemap:{static:a, fail:x}", "a", unavailable},
    {"randmap of one", "randmap:{a}", "x", "a"},
    {"randmap of none", "randmap:{}", "x", unavailable},
    {"regexp matches without case", "regexp:{{/A(.)B/ r}}", "xaxb", "r"},
    {"regexp with case", "regexp:{{/AXB/i r}}", "axb", ABSENT},
    {"regexp takes the first", "regexp:{{/a/ 1}, {/ab/ 2}}", "ab", "1"},
    {"regexp substitutes", "regexp:{{/(.)-(.)/ $2${1}$(2)$$}}", "a-b", "bab$"},
    {"regexp: a group that did not match is empty", "regexp:{{/x(y)?/ [$1]}}", "x", "[]"},
    {"regexp negated", "regexp:{{!/a/ no a}}", "b", "no a"},
    {"regexp negated twice", "regexp:{{!!/a/ a}}", "a", "a"},
    {"regexp: one pattern and not another", "regexp:{{/a/!/b/ x}}", "ab", ABSENT},
    {"regexp: one pattern without the other", "regexp:{{/a/!/b/ x}}", "ac", "x"},
    {"regexp if", "regexp:{{if /a/}, {/b/ in}, {endif}, {/b/ out}}", "ab", "in"},
    {"regexp if not taken", "regexp:{{if /a/}, {/b/ in}, {endif}, {/b/ out}}", "b", "out"},
    {"regexp if negated", "regexp:{{if !/a/}, {/b/ in}, {endif}, {/b/ out}}", "b", "in"},
    {"regexp nested ifs",
     "regexp:{{if /a/}, {if /b/}, {/c/ 1}, {endif}, {/d/ 2}, {endif}}", "ad", "2"},
    {"regexp if without endif", "regexp:{{if /a/}, {/b/ in}}", "b", ABSENT},
    {"regexp: a rule with $0 is skipped", "regexp:{{/a/ $0}, {/a/ x}}", "a", "x"},
    {"regexp: a rule with a name is skipped", "regexp:{{/a/ $b}, {/a/ x}}", "a", "x"},
    {"regexp: a lone $ skips the rule", "regexp:{{/a/ x$}, {/a/ x}}", "a", "x"},
    {"regexp: a group past the last skips the rule", "regexp:{{/a/ $1}, {/a/ x}}", "a", "x"},
    {"regexp: $1 of a negated rule skips it", "regexp:{{!/(b)/ $1}, {/a/ x}}", "a", "x"},
    {"regexp: an unknown flag skips the rule", "regexp:{{/a/q 1}, {/a/ x}}", "a", "x"},
    {"regexp: no closing delimiter", "regexp:{{/a x}, {/a/ x}}", "a", "x"},
    {"regexp: a bad pattern", "regexp:{{/a(/ x}, {/a/ y}}", "a", "y"},
    {"regexp: any delimiter", "regexp:{{~a/b~ x}}", "a/b", "x"},
    {"regexp: an escaped delimiter", "regexp:{{/a\\/b/ x}}", "a/b", "x"},
    {"regexp does not fold keys", "regexp:{{/(A+)/ $1}}", "aAa", "aAa"},
    {"pcre matches without case", "pcre:{{/A\\dB/ r}}", "xa1b", "r"},
    {"pcre with case", "pcre:{{/AXB/i r}}", "axb", ABSENT},
    {"pcre substitutes", "pcre:{{/(.)-(.)/ $2${1}$(2)$$}}", "a-b", "bab$"},
    {"pcre: the dot takes newlines", "pcre:{{/a.b/ x}}", "a\nb", "x"},
    {"pcre: unless told", "pcre:{{/a.b/s x}}", "a\nb", ABSENT},
    {"pcre lookahead", "pcre:{{/a(?!b)/ x}}", "ab", ABSENT},
    {"pcre negated", "pcre:{{!/a/ no a}}", "b", "no a"},
    {"pcre if", "pcre:{{if /a/}, {/b/ in}, {endif}, {/b/ out}}", "b", "out"},
    {"pcre: X is ignored", "pcre:{{/a/X x}}", "a", "x"},
    {"pcre: a bad pattern", "pcre:{{/a(/ x}, {/a/ y}}", "a", "y"},
    {"pcre looks at octets", "pcre:{{/^.$/ x}, {/^..$/ y}}", "ä", "y"},
    {"pcre: no case beyond ASCII", "pcre:{{/ä/ x}}", "Ä", ABSENT},
    {"pcre may be told of UTF-8", "pcre:{{/(*UTF)^.$/ x}}", "ä", "x"},
    {"a key that is no UTF-8 is in no table of patterns", "pcre:{{/a/ x}}", "\xff" "a", ABSENT},
    {"a value that is no UTF-8 is none", "static:\xff", "x", unavailable},
    {"a part of a character neither", "pcre:{{/^(.)/ $1}}", "ä", unavailable},
    {"regexp: a second pattern", "regexp:{{/a/!/b/ x}}", "a", "x"},
    {"regexp: it must not match", "regexp:{{/a/!/b/ x}}", "ab", ABSENT},
    {"regexp: two negations of it", "regexp:{{/a/!!/b/ x}}", "ab", "x"},
    {"regexp: then it has to match", "regexp:{{/a/!! /b/ x}}", "a", ABSENT},
    {"regexp: only the first is negated", "regexp:{{!/a/!/b/ x}}", "c", "x"},
    {"regexp: the second is not", "regexp:{{!/a/!/b/ x}}", "b", ABSENT},
    {"regexp: an if has no second pattern", "regexp:{{if /a/!/(/}, {/./ x}, {endif}}", "a", "x"},
    {"regexp: what stands there is ignored", "regexp:{{if /a/!/(/}, {/./ x}, {endif}}", "b", ABSENT},
    {"braces that do not match", "static:{a}}", "x", unavailable},
    {"inline: text behind braces", "inline:{{ a = b }c}", "a", unavailable},
    {"inline: what is no UTF-8", "inline:{a=b, c=\xff}", "a", unavailable},
    {"pcre: a unset group past the last set", "pcre:{{/a(b)?(c)?/ [$2]}}", "a", "[]"},
    {"pcre: matching that explodes is no match",
     "pcre:{{/^(a?){40}(a*)*$/ x}, {/a/ y}}", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
     "y"},
    {"cidr network", "cidr:{{192.0.2.0/24 x}}", "192.0.2.77", "x"},
    {"cidr address", "cidr:{{192.0.2.7 x}}", "192.0.2.7", "x"},
    {"cidr: another", "cidr:{{192.0.2.7 x}}", "192.0.2.8", ABSENT},
    {"cidr odd prefix", "cidr:{{192.0.2.128/25 x}}", "192.0.2.127", ABSENT},
    {"cidr everything", "cidr:{{0.0.0.0/0 x}}", "203.0.113.9", "x"},
    {"cidr IPv6", "cidr:{{2001:db8::/33 x}}", "2001:db8:7fff::1", "x"},
    {"cidr IPv6 beyond", "cidr:{{2001:db8::/33 x}}", "2001:db8:8000::1", ABSENT},
    {"cidr in brackets", "cidr:{{[2001:db8::]/32 x}}", "2001:DB8::1", "x"},
    {"cidr: IPv4 is not IPv6", "cidr:{{::/0 x}}", "192.0.2.1", ABSENT},
    {"cidr: a mapped key is IPv6", "cidr:{{192.0.2.0/24 x}}", "::ffff:192.0.2.1", ABSENT},
    {"cidr: so is a mapped network", "cidr:{{::ffff:0:0/96 x}}", "192.0.2.1", ABSENT},
    {"cidr: both are", "cidr:{{::ffff:192.0.2.0/120 x}}", "::FFFF:192.0.2.1", "x"},
    {"cidr: host bits skip the rule",
     "cidr:{{192.0.2.1/24 x}, {192.0.2.0/24 y}}", "192.0.2.1", "y"},
    {"cidr: a prefix too long skips the rule", "cidr:{{192.0.2.0/33 x}}", "192.0.2.0", ABSENT},
    {"cidr: no result skips the rule", "cidr:{{192.0.2.0/24}}", "192.0.2.0", ABSENT},
    {"cidr negated", "cidr:{{!192.0.2.0/24 x}}", "198.51.100.1", "x"},
    {"cidr if", "cidr:{{if 10.0.0.0/8}, {10.1.0.0/16 x}, {endif}}", "10.1.2.3", "x"},
    {"cidr if negated", "cidr:{{if !10.0.0.0/8}, {0.0.0.0/0 x}, {endif}}", "10.1.2.3", ABSENT},
    {"cidr negated says nothing about the other family", "cidr:{{!10.0.0.0/8 x}}", "::1", ABSENT},
    {"cidr if negated neither", "cidr:{{if !10.0.0.0/8}, {::/0 x}, {endif}}", "::1", ABSENT},
    {"cidr: an endif with more is none", "cidr:{{if 10.0.0.0/8}, {endif x}, {::1 x}}", "::1", ABSENT},
    {"cidr: an if with more is none", "cidr:{{if 10.0.0.0/8 x}, {::1 x}}", "::1", "x"},
    {"cidr: no closing bracket", "cidr:{{[::1 x}, {::1 y}}", "::1", "y"},
    {"cidr: a mask in brackets", "cidr:{{[2001:db8::/32] x}}", "2001:db8::9", "x"},
    {"cidr: text behind brackets", "cidr:{{[::1]x x}, {::1 y}}", "::1", "y"},
    {"cidr: a mask that is no number", "cidr:{{::1/x x}, {::1 y}}", "::1", "y"},
    {"cidr: $ is only text", "cidr:{{0.0.0.0/0 $1}}", "10.1.2.3", "$1"},
    {"cidr: a name is in no network", "cidr:{{!10.0.0.0/8 x}}", "localhost", ABSENT},
    {"a file that is not there is unavailable", "texthash:/nonexistent/x", "x", unavailable},
    {"so for regexp", "regexp:/nonexistent/x", "x", unavailable},
    {"so for hash", "hash:/nonexistent/x", "x", unavailable},
    {"so for lmdb", "lmdb:/nonexistent/x", "x", unavailable},
    {"a directory is no table", "cidr:/tmp", "x", unavailable},
};
/* clang-format on */

static void run_map(void **state)
{
    const struct map_case *c = *state;
    struct buf value = BUF(4096);
    struct map *map = map_open(&config, c->specification, false);

    expect(ask(map, c->key, MAP_FOLD_KEY, &value), c->answer);
    assert_string_equal(map_name(map), c->specification);
    map_free(&map);
    buf_release(&value);
}

static char *put_file(const char *name, const char *content)
{
    char *path = mem_printf("%s/%s", directory, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void check_file(const char *type, const char *content, const char *key, const char *answer)
{
    char *path = put_file("table", content);
    char *specification = mem_printf("%s:%s", type, path);
    struct buf value = BUF(4096);
    struct map *map = map_open(&config, specification, false);

    expect(ask(map, key, MAP_FOLD_KEY, &value), answer);
    assert_false(map_changed(map));
    mem_free(put_file("table", "# another\n"));
    assert_true(map_changed(map));
    map_free(&map);
    buf_release(&value);
    mem_free(specification);
    mem_free(path);
}

static void run_texthash(void **state UNUSED)
{
    check_file("texthash", "# c\nKey  a\n b\nbad\nkey 2\nx y\n", "key", "a b");
    check_file("texthash", "key \xff\nkey 2\n", "key", "2");
}

static void run_passwd_quota(void **state UNUSED)
{
    check_file(
        "passwd-quota",
        "# c:x:::::::userdb_quota_rule=1\nann:x\nKey:{PLAIN}a b:1:2::/h:/s:nologin=n userdb_quota_rule=*:storage=1G x\n"
        "old:x::::::userdb_quota_rule=5C\nold:x::::::\n",
        "key", "*:storage=1G");
}

static void run_regexp_file(void **state UNUSED)
{
    check_file("regexp", "# c\n/a(.)/\n  $1\n", "ab", "b");
}

static void run_cidr_file(void **state UNUSED)
{
    check_file("cidr", "192.0.2.0/24 OK\n", "192.0.2.1", "OK");
}

static void run_replaced(void **state UNUSED)
{
    char *path = put_file("table", "a b\n");
    char *next = put_file("next", "a b\n");
    char *specification = mem_printf("texthash:%s", path);
    struct map *map = map_open(&config, specification, false);

    assert_false(map_changed(map));
    assert_int_equal(rename(next, path), 0);
    assert_true(map_changed(map));
    map_free(&map);
    mem_free(specification);
    mem_free(next);
    mem_free(path);
}

static void run_limit(void **state UNUSED)
{
    struct buf value = BUF(3);
    struct map *map = map_open(&config, "static:four", false);

    expect(ask(map, "x", 0, &value), unavailable);
    map_free(&map);
    buf_release(&value);
}

static void run_no_fold(void **state UNUSED)
{
    struct buf value = BUF(16);
    struct map *map = map_open(&config, "inline:{a=b}", false);

    expect(ask(map, "A", 0, &value), ABSENT);
    map_free(&map);
    buf_release(&value);
}

static void run_octets(void **state UNUSED)
{
    struct maps *maps = maps_open_octets(&config, "pcre:{{/^(\\xff.)/ $1}}", false);
    struct buf value = BUF(16);
    struct error err;

    assert_int_equal(maps_find(maps, SPAN_LITERAL("\xff\xfe"), 0, &value, NULL, &err), MAP_FOUND);
    assert_string_equal(buf_text(&value), "\xff\xfe");
    buf_release(&value);
    maps_free(&maps);
}

static void run_patterns(void **state UNUSED)
{
    static const struct {
        const char *specification;
        bool is_pattern;
    } rows[] = {
        {"inline:{a=b}",                        false},
        {"regexp:{{/a/ b}}",                    true },
        {"cidr:{{::1 b}}",                      true },
        {"unionmap:{static:a, inline:{b=c}}",   false},
        {"unionmap:{static:a, pcre:{{/a/ b}}}", true },
        {"proxy:hash:/x",                       false},
        {"proxy:regexp:/x",                     true },
    };
    static const struct {
        const char *specification;
        bool is_unauthenticated;
    } servers[] = {
        {"tcp:localhost:1",                  true },
        {"unionmap:{static:a, socketmap:x}", true },
        {"proxy:memcache:/x",                true },
        {"pgsql:/x",                         false},
        {"hash:/x",                          false},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct map *map = map_open(&config, rows[i].specification, true);

        assert_int_equal(map_is_pattern(map), rows[i].is_pattern);
        map_free(&map);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(servers); i++)
        assert_int_equal(map_is_unauthenticated(servers[i].specification),
                         servers[i].is_unauthenticated);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(map_cases) + 9];
    size_t count = 0;
    char *path;
    int failed;

    setenv("map_test", "from here", 1);
    if (mkdtemp(directory) == NULL)
        return 1;
    UNIT_ADD_ROWS(tests, count, map_cases, run_map);
    tests[count++] = (struct CMUnitTest){.name = "a texthash file, and a change of it",
                                         .test_func = run_texthash};
    tests[count++] =
        (struct CMUnitTest){.name = "quota rules of a passwd-file", .test_func = run_passwd_quota};
    tests[count++] = (struct CMUnitTest){.name = "a regexp file, and a change of it",
                                         .test_func = run_regexp_file};
    tests[count++] =
        (struct CMUnitTest){.name = "a cidr file, and a change of it", .test_func = run_cidr_file};
    tests[count++] = (struct CMUnitTest){.name = "a file that is replaced counts as changed",
                                         .test_func = run_replaced};
    tests[count++] = (struct CMUnitTest){.name = "a value past the limit is unavailable, not cut",
                                         .test_func = run_limit};
    tests[count++] =
        (struct CMUnitTest){.name = "keys keep their case unless told", .test_func = run_no_fold};
    tests[count++] = (struct CMUnitTest){.name = "what looks at content may ask any octets",
                                         .test_func = run_octets};
    tests[count++] =
        (struct CMUnitTest){.name = "which tables have patterns", .test_func = run_patterns};
    failed = unit_run("map", tests, count);
    path = mem_printf("%s/table", directory);
    (void)unlink(path);
    mem_free(path);
    (void)rmdir(directory);
    return failed;
}
