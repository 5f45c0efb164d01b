import test from 'ava'
import { dice, done, edit, whole, workshop } from './editing.js'
import { randomEdit } from './random-edits.js'

const resume = { errorOption: 'continue-on-error' } as const

test('the difference of two trees makes the second of the first', async (t) => {
  using context = await workshop()
  for (let seed = 0; seed < 200; seed++) {
    using one = context.tree()
    using two = context.tree()
    for (let i = 0; i < 3; i++) {
      using _first = (await edit(context, one, randomEdit(dice(seed * 10 + i)), resume)).journal
      using _second = (await edit(context, two, randomEdit(dice(seed * 10 + 5 + i)), resume)).journal
    }
    using made = await one.copy()
    using changes = await one.difference(two)
    await made.apply(changes)
    t.deepEqual(await whole(made), await whole(two), `seed ${seed}`)
    using nothing = await two.difference(made)
    t.is(nothing.size, 0, `seed ${seed}`)
  }
})

test('a patch has an edit for each change, places as RESTCONF writes them, and what was there', async (t) => {
  using context = await workshop()
  using before = context.tree()
  using _made = await done(
    context,
    before,
    '<motto>x</motto><item><name>a,b</name><size>1</size></item><queue><k>1</k></queue><queue><k>2</k></queue>',
  )
  using after = await before.copy()
  using changes = await done(
    context,
    after,
    '<motto op="delete"/><item><name>a,b</name><size>2</size><part><id>1</id><kind>w:nut</kind></part></item>' +
      '<queue insert="first"><k>2</k></queue><queue><k>/3</k></queue>',
  )
  await changes.net()
  const plain = (await changes.patch(10))
    .map((edit) => edit.replace(/ xmlns(:\w+)?="[^"]*"/g, '').replace(/<edit-id>.*?<\/edit-id>/, ''))
    .toSorted()
  t.deepEqual(plain, [
    '<edit><operation>create</operation><target>/workshop:item=a%2Cb/part=1,workshop%3Anut</target><value><part><id>1</id><kind>w:nut</kind></part></value></edit>',
    '<edit><operation>delete</operation><target>/workshop:motto</target><source-value><motto>x</motto></source-value></edit>',
    '<edit><operation>insert</operation><target>/workshop:queue=%2F3</target><point>/workshop:queue=1</point><where>after</where><value><queue><k>/3</k></queue></value></edit>',
    '<edit><operation>move</operation><target>/workshop:queue=2</target><where>first</where></edit>',
    '<edit><operation>replace</operation><target>/workshop:item=a%2Cb/size</target><value><size>2</size></value><source-value><size>1</size></source-value></edit>',
  ])
  t.is((await changes.patch(2)).length, 3)
})
