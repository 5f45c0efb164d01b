/** Errors of messages, operations and their parameters (RFC 6241, sections 3, 4, 7 and 8). */
import { BASE } from '../support/client.js'
import { edit, shelf, store, type Case } from './case.js'

const rpc = (content: string, attributes = ' message-id="1"'): string =>
  `<rpc xmlns="${BASE}"${attributes}>${content}</rpc>`
const read = (content: string, attributes = ''): string =>
  `<get-config${attributes}><source><running/></source>${content}</get-config>`
const none = 'urn:example:none'
const data = (content: string): string =>
  `<get-data xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-nmda" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">` +
  `<datastore>ds:running</datastore>${content}</get-data>`
const expression = (
  text: string,
  says: RegExp,
  tag = 'invalid-value',
  info: readonly string[] = [],
): Case => ({
  name: `the xpath-filter "${text}"`,
  request: data(`<xpath-filter xmlns:st="urn:weft:test:store">${text}</xpath-filter>`),
  errors: [
    {
      error: `protocol ${tag}`,
      path: '/nc:rpc/ncds:get-data/ncds:xpath-filter',
      says,
      info: [...info, 'bad-element=xpath-filter'],
    },
  ],
})

export const protocol: readonly Case[] = [
  {
    name: 'tags that do not match',
    request: rpc('<get-config><source><running></source></get-config>'),
    errors: [{ error: 'rpc malformed-message', says: /<\/source> where <\/running> is expected/ }],
  },
  {
    name: 'an entity that XML does not define',
    request: edit('<a>&own;</a>'),
    errors: [{ error: 'rpc malformed-message', says: /only predefined references/ }],
  },
  {
    name: 'a character that XML does not have',
    request: edit(store('<!--\n-->\uffff')),
    errors: [{ error: 'rpc malformed-message', says: /character U\+FFFF, which XML.*\(line 2, column 4\)/ }],
  },
  {
    name: 'NUL in a filter',
    request: read('<filter>\0</filter>'),
    errors: [{ error: 'rpc malformed-message', says: /character U\+0000/ }],
  },
  {
    name: 'the end of a CDATA section that has not begun',
    request: edit(store(shelf('a]]>b'))),
    errors: [{ error: 'rpc malformed-message', says: /\]\]> in text, where it is written \]\]&gt;/ }],
  },
  {
    name: 'elements that are nested too deep',
    request: edit('<a>'.repeat(600) + '</a>'.repeat(600)),
    errors: [{ error: 'rpc malformed-message', says: /deeper than 500/ }],
  },
  {
    name: 'a message that is larger than the server takes',
    request: edit(`<!--${'-x'.repeat(20_000)}-->`),
    errors: [{ error: 'rpc too-big', says: /larger than 32768 bytes/ }],
  },
  {
    name: 'no message-id',
    request: rpc('<commit/>', ''),
    errors: [
      {
        error: 'rpc missing-attribute',
        path: '/nc:rpc',
        says: /message-id/,
        info: ['bad-attribute=message-id', 'bad-element=rpc'],
      },
    ],
  },
  {
    name: 'no operation',
    request: rpc(''),
    errors: [
      { error: 'protocol missing-element', path: '/nc:rpc', says: /no operation/, info: ['bad-element=rpc'] },
    ],
  },
  {
    name: 'text before the operation',
    request: rpc('please <commit/>'),
    errors: [
      {
        error: 'protocol bad-element',
        path: '/nc:rpc',
        says: /text inside <rpc>/,
        info: ['bad-element=rpc'],
      },
    ],
  },
  {
    name: 'two operations',
    request: rpc('<commit/><discard-changes/>'),
    errors: [
      {
        error: 'protocol unknown-element',
        path: '/nc:rpc',
        says: /more than one operation/,
        info: ['bad-element=discard-changes'],
      },
    ],
  },
  {
    name: 'an operation that no module has',
    request: '<reboot/>',
    errors: [
      {
        error: 'protocol operation-not-supported',
        path: '/nc:rpc',
        says: /reboot/,
        info: ['bad-element=reboot'],
      },
    ],
  },
  {
    name: 'an operation in a namespace that no module has',
    request: `<reboot xmlns="${none}"/>`,
    errors: [
      {
        error: 'protocol unknown-namespace',
        path: '/nc:rpc',
        says: /urn:example:none/,
        info: ['bad-element=reboot', `bad-namespace=${none}`],
      },
    ],
  },
  {
    name: 'a datastore whose capability is off',
    request: '<get-config><source><startup/></source></get-config>',
    errors: [
      {
        error: 'protocol operation-not-supported',
        path: '/nc:rpc/nc:get-config/nc:source/nc:startup',
        says: /:startup.*off.*takes <candidate>, <running>/,
        info: ['bad-element=startup'],
      },
    ],
  },
  {
    name: 'everything that is wrong with the parameters',
    request:
      `<edit-config z="1"><target><candidate/><candidate/></target><error-option>ignore</error-option>now` +
      `<test-option><x/></test-option><config/><colour/><size xmlns="${none}"/></edit-config>`,
    errors: [
      {
        error: 'protocol unknown-attribute',
        path: '/nc:rpc/nc:edit-config',
        says: /no attribute "z"/,
        info: ['bad-attribute=z', 'bad-element=edit-config'],
      },
      {
        error: 'protocol bad-element',
        path: '/nc:rpc/nc:edit-config/nc:target/nc:candidate',
        says: /stands twice/,
        info: ['bad-element=candidate'],
      },
      {
        error: 'protocol invalid-value',
        path: '/nc:rpc/nc:edit-config/nc:error-option',
        says: /"ignore" is unknown.*takes stop-on-error, continue-on-error, rollback-on-error/,
        info: ['bad-element=error-option'],
      },
      {
        error: 'protocol bad-element',
        path: '/nc:rpc/nc:edit-config',
        says: /text inside <edit-config>/,
        info: ['bad-element=edit-config'],
      },
      {
        error: 'protocol unknown-element',
        path: '/nc:rpc/nc:edit-config/nc:test-option',
        says: /holds a value and no element/,
        info: ['bad-element=x'],
      },
      {
        error: 'protocol unknown-element',
        path: '/nc:rpc/nc:edit-config',
        says: /no element <colour>.*takes <target>/,
        info: ['bad-element=colour'],
      },
      {
        error: 'protocol unknown-namespace',
        path: '/nc:rpc/nc:edit-config',
        says: /urn:example:none of <size>/,
        info: ['bad-element=size', `bad-namespace=${none}`],
      },
    ],
  },
  {
    name: 'a qualified attribute that a parameter does not have',
    request: read('', ` xmlns:x="${none}" x:speed="1"`),
    errors: [
      {
        error: 'protocol unknown-attribute',
        path: '/nc:rpc/nc:get-config',
        says: /"speed" of namespace urn:example:none/,
        info: ['bad-attribute=speed', 'bad-element=get-config'],
      },
    ],
  },
  {
    name: 'two of the parameters of which there is one',
    request: '<get-config><source><running/><candidate/></source></get-config>',
    errors: [
      {
        error: 'protocol bad-element',
        path: '/nc:rpc/nc:get-config/nc:source/nc:candidate',
        says: /<candidate> stands beside <running>/,
        info: ['bad-element=candidate'],
      },
    ],
  },
  {
    name: 'missing parameters',
    request: '<edit-config><config/></edit-config>',
    errors: [
      {
        error: 'protocol missing-element',
        path: '/nc:rpc/nc:edit-config/nc:target',
        says: /<target> is missing/,
        info: ['bad-element=target'],
      },
    ],
  },
  {
    name: 'a number out of its range',
    request: '<kill-session><session-id>0</session-id></kill-session>',
    errors: [
      {
        error: 'protocol invalid-value',
        path: '/nc:rpc/nc:kill-session/nc:session-id',
        says: /"0" is out of range: "session-id" takes 1\.\.4294967295/,
        info: ['bad-element=session-id'],
      },
    ],
  },
  {
    name: 'a persist-id that no commit has',
    request: '<cancel-commit><persist-id>p</persist-id></cancel-commit>',
    errors: [
      {
        error: 'protocol invalid-value',
        path: '/nc:rpc/nc:cancel-commit/nc:persist-id',
        says: /none is pending/,
        info: ['bad-element=persist-id'],
      },
    ],
  },
  {
    name: 'a filter without what it selects',
    request: read('<filter type="xpath"/>'),
    errors: [
      {
        error: 'protocol missing-attribute',
        path: '/nc:rpc/nc:get-config/nc:filter',
        says: /needs a select attribute/,
        info: ['bad-element=filter', 'bad-attribute=select'],
      },
    ],
  },
  {
    name: 'a filter that is text',
    request: read('<filter>store</filter>'),
    errors: [
      {
        error: 'protocol bad-element',
        path: '/nc:rpc/nc:get-config/nc:filter',
        says: /text outside of the elements that select/,
        info: ['bad-element=filter'],
      },
    ],
  },
  {
    name: 'a subtree-filter that is text',
    request: data('<subtree-filter>store</subtree-filter>'),
    errors: [
      {
        error: 'protocol bad-element',
        path: '/nc:rpc/ncds:get-data/ncds:subtree-filter',
        says: /text outside of the elements that select/,
        info: ['bad-element=subtree-filter'],
      },
    ],
  },
  expression('', /an expression is missing/),
  expression('///', /character 3/),
  expression('/st:store[', /character 11, at its end/),
  expression('count(/st:store)', /gives a number/),
  expression('/zz:store', /prefix "zz" is neither declared/, 'unknown-namespace', ['bad-namespace=zz']),
  {
    name: 'a parameter in the namespace of its operation, which is not its own',
    request: read('<with-defaults>report-all</with-defaults>'),
    errors: [
      {
        error: 'protocol unknown-element',
        path: '/nc:rpc/nc:get-config',
        says: /<get-config> has no element <with-defaults> of namespace \S+base:1.0; <with-defaults> here is of namespace \S+ietf-netconf-with-defaults$/,
        info: ['bad-element=with-defaults'],
      },
    ],
  },
  {
    name: 'a parameter in a namespace that no module has',
    request: '<lock><target xmlns="urn:example:none"><candidate/></target></lock>',
    errors: [
      {
        error: 'protocol unknown-namespace',
        path: '/nc:rpc/nc:lock',
        says: /no module .* urn:example:none of <target>; <target> here is of namespace \S+base:1.0$/,
        info: ['bad-element=target', 'bad-namespace=urn:example:none'],
      },
    ],
  },
  {
    name: 'a filter of a type that there is not',
    request: read('<filter type="regex"/>'),
    errors: [
      {
        error: 'protocol bad-attribute',
        path: '/nc:rpc/nc:get-config/nc:filter',
        says: /subtree or xpath, not regex/,
        info: ['bad-element=filter', 'bad-attribute=type'],
      },
    ],
  },
  {
    name: 'an expression that is no XPath',
    request: read('<filter type="xpath" select="/test-store:store["/>'),
    errors: [
      {
        error: 'protocol invalid-value',
        path: '/nc:rpc/nc:get-config/nc:filter',
        says: /XPath.*character/,
        info: ['bad-element=filter'],
      },
    ],
  },
  {
    name: 'an expression with a prefix that is not declared',
    request: read('<filter type="xpath" select="/zz:store"/>'),
    errors: [
      {
        error: 'protocol unknown-namespace',
        path: '/nc:rpc/nc:get-config/nc:filter',
        says: /prefix "zz" is neither declared/,
        info: ['bad-element=filter', 'bad-namespace=zz'],
      },
    ],
  },
  {
    name: 'a filter that costs more than a client may ask for',
    before: [edit(store(Array.from({ length: 30 }, (_, i) => shelf(`s${i}`)).join('')))],
    request:
      '<get-config><source><candidate/></source><filter type="xpath" select="//*[count(//*) = 0]"/></get-config>',
    errors: [{ error: 'application resource-denied', says: /limit of 200 nodes/ }],
  },
  {
    name: 'more of a parameter than the server takes',
    request: `<partial-lock xmlns="urn:ietf:params:xml:ns:netconf:partial-lock:1.0">${'<select>/</select>'.repeat(1001)}</partial-lock>`,
    errors: [
      {
        error: 'protocol resource-denied',
        path: '/nc:rpc/pl:partial-lock/pl:select',
        says: /<select> stands more than 1000 times/,
      },
    ],
  },
  {
    name: 'an unlock of what nobody has locked',
    request: '<unlock><target><running/></target></unlock>',
    errors: [{ error: 'protocol operation-failed', says: /running is not locked/ }],
  },
  {
    name: 'a lock of a candidate that has been changed',
    before: [edit('<store xmlns="urn:weft:test:store"><drawer><name>d</name></drawer></store>')],
    request: '<lock><target><candidate/></target></lock>',
    errors: [
      { error: 'protocol lock-denied', says: /neither committed nor discarded/, info: ['session-id=0'] },
    ],
  },
]
