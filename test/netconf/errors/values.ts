/** Values that do not fit their type, in the second of two entries (RFC 7950, sections 8.3.1 and 9). */
import { at, edit, interfaces, port, second, type Case } from './case.js'

const one = (leaf: string, value: string, says: RegExp, appTag = ''): Case => ({
  name: `${leaf}: ${value}`,
  request: edit(second(`<${leaf}>${value}</${leaf}>`)),
  errors: [
    {
      error: `application invalid-value${appTag === '' ? '' : ` ${appTag}`}`,
      path: `${at.b}/st:${leaf}`,
      says,
      info: [`bad-element=${leaf}`],
    },
  ],
})

const p2 = "/if:interfaces/if:interface[if:name='p2']"

export const values: readonly Case[] = [
  one('int', '128', /^"128" is out of range: "int" takes -128\.\.127$/),
  one('int', 'abc', /^"abc" is no whole number: "int" takes -128\.\.127$/),
  one('int', '', /^the value is missing: "int" takes -128\.\.127$/),
  one('level', '7', /^"7" is out of range: "level" takes -5\.\.5 or 10$/),
  one('percent', '101', /^A percentage is 0 to 100\.$/, 'no-percentage'),
  one('big', '-1', /takes 0\.\.18446744073709551615$/),
  one('price', '9.999', /too many digits.*takes 0\.\.9\.99 with at most 2 digits behind the point$/),
  one('price', 'x', /no decimal number.*takes 0\.\.9\.99/),
  one(
    'word',
    'longer',
    /^"longer" is too short or too long: "word" takes text 2\.\.4 characters$|takes 2\.\.4 characters$/,
  ),
  one('code-word', 'abc', /^Capital letters only\.$/, 'no-capitals'),
  one('not-this', 'xyz', /^"xyz" does not fit: "not-this" must not match the pattern "x\.\*"$/),
  one('colour', 'pink', /^"pink" is unknown: "colour" takes red, green, blue$/),
  one('marks', 'top bottom', /^"bottom" is unknown: "marks" takes top, left, each once at most/),
  one('marks', 'top top', /^"top" stands twice/),
  one('bytes', 'AAAAAAAA', /takes base64 text \(RFC 4648, section 4\) of 1\.\.4 bytes$/),
  one('bytes', '!', /no base64/),
  one('goods', 'st:colour', /another base.*takes test-store:fragile, test-store:glass, test-store:heavy/),
  one('goods', 'st:paper', /"st:paper" is unknown.*derived from test-store:goods/),
  one('goods', 'zz:glass', /"zz:glass" has a prefix that is not declared/),
  one('only', 'x', /"only" takes no value$/),
  one('either', 'some', /^"some" fits none of its types: "either" takes 0\.\.255; or all$/),
  one('locked', 'yes', /takes true or false$/),
  one('points', 'there', /takes an absolute path to a node, such as \/module:list/),
  one('before', 'x', /^"x" is no whole number: "before" takes 0\.\.255$/),
  {
    name: 'a netmask for a prefix length, a length of 33, and an address that is none',
    request: edit(
      interfaces(
        port('p1') +
          port(
            'p2',
            '<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><address><ip>192.0.2.1</ip><prefix-length>255.255.255.0</prefix-length></address>' +
              '<address><ip>192.0.2.2</ip><prefix-length>33</prefix-length></address>' +
              '<neighbor><ip>192.0.2.300</ip><link-layer-address>00:00:00:00:00:01</link-layer-address></neighbor></ipv4>',
          ),
      ),
    ),
    errors: [
      {
        error: 'application invalid-value',
        path: `${p2}/ip:ipv4/ip:address[ip:ip='192.0.2.1']/ip:prefix-length`,
        says: /"255\.255\.255\.0" is no whole number: "prefix-length" takes 0\.\.32; a netmask is written as its length, 24$/,
        info: ['bad-element=prefix-length'],
      },
      {
        error: 'application invalid-value',
        path: `${p2}/ip:ipv4/ip:address[ip:ip='192.0.2.2']/ip:prefix-length`,
        says: /"33" is out of range: "prefix-length" takes 0\.\.32/,
        info: ['bad-element=prefix-length'],
      },
      {
        error: 'application invalid-value',
        path: `${p2}/ip:ipv4/ip:neighbor[ip:ip='192.0.2.300']/ip:ip`,
        says: /"192\.0\.2\.300" does not fit: "ip" takes an IPv4 address such as 192\.0\.2\.1/,
        info: ['bad-element=ip'],
      },
    ],
  },
  {
    name: 'prefixes of routes',
    request: edit(
      '<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><control-plane-protocols><control-plane-protocol>' +
        '<type>static</type><name>s</name><static-routes><ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">' +
        ['10.0.0.0/33', '10.0.0.0/255.0.0.0', '10.0.0.1']
          .map((prefix) => `<route><destination-prefix>${prefix}</destination-prefix></route>`)
          .join('') +
        '</ipv4></static-routes></control-plane-protocol></control-plane-protocols></routing>',
    ),
    errors: (
      [
        ['10.0.0.0/33', /takes an IPv4 prefix.*0\.\.32.*; 33 is too long$/],
        ['10.0.0.0/255.0.0.0', /a netmask is written as its length, 8$/],
        ['10.0.0.1', /of one address the length is 32$/],
      ] as const
    ).map(([prefix, says]) => ({
      error: 'application invalid-value',
      path:
        "/rt:routing/rt:control-plane-protocols/rt:control-plane-protocol[rt:type='ietf-routing:static'][rt:name='s']/rt:static-routes" +
        `/v4ur:ipv4/v4ur:route[v4ur:destination-prefix='${prefix}']/v4ur:destination-prefix`,
      says,
      info: ['bad-element=destination-prefix'],
    })),
  },
  {
    name: 'every value of an edit that does not fit',
    request: edit(second('<int>999</int><colour>pink</colour><price>x</price>')),
    errors: ['int', 'colour', 'price'].map((leaf) => ({
      error: 'application invalid-value',
      path: `${at.b}/st:${leaf}`,
      says: new RegExp(`"${leaf}" takes`),
      info: [`bad-element=${leaf}`],
    })),
  },
]
