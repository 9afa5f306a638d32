/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The path of a URL: see filter_url.h.
 *
 * Source: Go 1.26 net/url/url.go: parse (viaRequest), getScheme, parseAuthority, parseHost, unescape, and encoding_table.go for
 * which bytes a host may have.
 */

#include "flow/filter_url.h"

#include <cnipol/status.h>
#include <string.h>

#include "base/ip.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_letter(char c)
{
    c |= 0x20;
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct np_str from(struct np_str s, uint32_t at)
{
    return (struct np_str){s.s + at, s.n - at};
}

static struct np_str upto(struct np_str s, const char *end)
{
    return end ? (struct np_str){s.s, (uint32_t)(end - s.s)} : s;
}

/* The bytes of the scheme; 0: there is none. False: there is a colon where a scheme should be. */
static bool scheme_of(struct np_str url, uint32_t *n)
{
    *n = 0;
    for (uint32_t i = 0; i < url.n; i++) {
        char c = url.s[i];

        if (c == ':') {
            *n = i;
            return i > 0;
        }
        if (!is_letter(c) && (i == 0 || !(is_digit(c) || c == '+' || c == '-' || c == '.')))
            return true;
    }
    return true;
}

enum escapes { OF_PATH, OF_USER, OF_HOST, OF_ZONE };

/* May the byte stand in a host as it is? */
static bool host_byte(char c)
{
    return is_letter(c) || is_digit(c) || (c && strchr("-_.~!$&'()*+,;=:[]<>\"", c));
}

static bool escape_fits(struct np_str s, uint32_t at, enum escapes where)
{
    int high = at + 2 < s.n ? hex(s.s[at + 1]) : -1, low = at + 2 < s.n ? hex(s.s[at + 2]) : -1;
    char value;

    if (high < 0 || low < 0)
        return false;
    value = (char)(high << 4 | low);
    if (value == '%')
        return true;
    if (where == OF_HOST)
        return high >= 8;
    return where != OF_ZONE || value == ' ' || (high < 8 && host_byte(value));
}

static bool escapes_fit(struct np_str s, enum escapes where)
{
    for (uint32_t i = 0; i < s.n; i++) {
        if (s.s[i] == '%') {
            if (!escape_fits(s, i, where))
                return false;
            i += 2;
        } else if (where >= OF_HOST && !((unsigned char)s.s[i] & 0x80) && !host_byte(s.s[i])) {
            return false;
        }
    }
    return true;
}

static bool port_fits(struct np_str port)
{
    for (uint32_t i = 1; i < port.n; i++)
        if (!is_digit(port.s[i]))
            return false;
    return port.n == 0 || port.s[0] == ':';
}

static bool user_fits(struct np_str user)
{
    for (uint32_t i = 0; i < user.n; i++)
        if (!is_letter(user.s[i]) && !is_digit(user.s[i]) && !(user.s[i] && strchr("-._:~!$&'()*+,;=%@", user.s[i])))
            return false;
    return escapes_fit(user, OF_USER);
}

/* An IPv6 address in brackets, perhaps with a zone behind %25. Escapes that stand for bytes of the address are no address. */
static bool literal_fits(struct np_str text)
{
    const char *zone = memmem(text.s, text.n, "%25", 3);
    struct np_str address = upto(text, zone);
    unsigned flaws = 0;
    struct np_ip ip;

    if (zone && (zone + 3 == text.s + text.n || !escapes_fit(from(text, address.n), OF_ZONE)))
        return false;
    if (!escapes_fit(address, OF_HOST) || !np_ip_parse(address, &ip, &flaws) || flaws & NP_IP_LEADING_ZEROS)
        return false;
    return ip.family == 6 || flaws & NP_IP_MAPPED;
}

static bool host_fits(struct np_str scheme, struct np_str host)
{
    const char *open = memrchr(host.s, '[', host.n), *close = memrchr(host.s, ']', host.n);
    const char *colon = memchr(host.s, ':', host.n), *last = memrchr(host.s, ':', host.n);
    bool strict = (scheme.n == 4 && strncasecmp(scheme.s, "http", 4) == 0) || (scheme.n == 5 && strncasecmp(scheme.s, "https", 5) == 0);

    if (open && open != host.s)
        return false;
    if (open)
        return close && port_fits(from(host, (uint32_t)(close - host.s) + 1)) && literal_fits(upto(from(host, 1), close));
    if (colon && !port_fits(from(host, (uint32_t)((strict ? colon : last) - host.s))))
        return false;
    return escapes_fit(host, OF_HOST);
}

static bool authority_fits(struct np_str scheme, struct np_str authority)
{
    const char *at = memrchr(authority.s, '@', authority.n);

    if (!at)
        return host_fits(scheme, authority);
    return host_fits(scheme, from(authority, (uint32_t)(at - authority.s) + 1)) && user_fits(upto(authority, at));
}

static bool has_control(struct np_str s)
{
    for (uint32_t i = 0; i < s.n; i++)
        if ((unsigned char)s.s[i] < ' ' || s.s[i] == 0x7f)
            return true;
    return false;
}

static int decode(struct np_str path, char *room, struct np_str *out)
{
    uint32_t n = 0;

    *out = path;
    if (!escapes_fit(path, OF_PATH))
        return 0;
    if (!memchr(path.s, '%', path.n))
        return 1;
    for (uint32_t i = 0; i < path.n; i++) {
        if (n == NP_URL_PATH_MAX)
            return CNIPOL_E_LIMIT;
        if (path.s[i] != '%') {
            room[n++] = path.s[i];
        } else {
            room[n++] = (char)(hex(path.s[i + 1]) << 4 | hex(path.s[i + 2]));
            i += 2;
        }
    }
    *out = (struct np_str){room, n};
    return 1;
}

int np_url_path(struct np_str url, char *room, struct np_str *out)
{
    struct np_str scheme, rest, authority;
    uint32_t n;

    if (url.n == 0 || has_control(url) || !scheme_of(url, &n))
        return 0;
    *out = url;
    if (url.n == 1 && url.s[0] == '*')
        return 1;
    scheme = (struct np_str){url.s, n};
    rest = from(url, n ? n + 1 : 0);
    rest = upto(rest, memchr(rest.s, '?', rest.n));
    if (rest.n == 0 || rest.s[0] != '/') {
        *out = NP_STR("");
        return n ? 1 : 0;
    }
    if (n && rest.n > 1 && rest.s[1] == '/') {
        rest = from(rest, 2);
        authority = upto(rest, memchr(rest.s, '/', rest.n));
        if (!authority_fits(scheme, authority))
            return 0;
        rest = from(rest, authority.n);
    }
    return decode(rest, room, out);
}
